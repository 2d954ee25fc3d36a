package io.counterflow.model.bench;

import io.counterflow.files.FileTree;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A folder with a tokenizer, which every model needs, for models that never see a text; deleted when it is closed. */
record BenchmarkFolder(Path path) implements AutoCloseable {

    static BenchmarkFolder create() {
        try {
            Path folder = Files.createTempDirectory("counterflow-bench");
            WordLevelTokenizer.write(folder, List.of("word"));
            return new BenchmarkFolder(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write to the folder for temporary files", e);
        }
    }

    @Override
    public void close() {
        try {
            FileTree.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + path, e);
        }
    }
}
