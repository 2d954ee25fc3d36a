package io.counterflow.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
    private static final Path FIXTURES = Path.of("src/test/resources/fixtures");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny-llama/model.safetensors",
                "tiny-gpt2/model.safetensors",
                "tiny-qwen2-lora/adapter_model.safetensors",
                "tiny-reward-model/model.safetensors"
            })
    void writesTheBytesOfTheReferenceImplementationWhateverTheOrder(String name) throws IOException {
        Path original = FIXTURES.resolve(name);
        Path copy = folder.resolve("copy.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(original)) {
            List<Tensor> tensors = new ArrayList<>();
            for (TensorInfo tensor : file.tensors()) {
                tensors.add(Tensor.ofFloats(
                        tensor.name(), tensor.type(), tensor.shape(), () -> file.floats(tensor.name())));
            }
            Collections.shuffle(tensors, new Random(7));

            SafetensorsWriter.write(copy, tensors, file.metadata());

            assertThat(copy).hasSameBinaryContentAs(original);
            assertThat(SafetensorsWriter.sha256(tensors, file.metadata()))
                    .isEqualTo(sha256(Files.readAllBytes(original)));
        }
    }

    @Test
    void aFullDiskIsReportedWithTheFile() {
        Path full = Path.of("/dev/full");
        assumeThat(full).as("a device that is always full").exists();
        List<Tensor> tensors = List.of(Tensor.ofFloats("w", TensorType.F32, List.of(2L), () -> new float[2]));
        assertThatThrownBy(() -> SafetensorsWriter.write(full, tensors, Map.of()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("cannot write /dev/full");
    }

    @Test
    void layoutIsPinnedByBytes() throws IOException {
        Path file = folder.resolve("pinned.safetensors");
        SafetensorsWriter.write(
                file,
                List.of(
                        Tensor.ofFloats("b", TensorType.BF16, List.of(2L), () -> new float[] {1, -2}),
                        Tensor.ofFloats("a", TensorType.BF16, List.of(1L), () -> new float[] {0.5f}),
                        Tensor.ofFloats("z", TensorType.F32, List.of(), () -> new float[] {3})),
                SafetensorsWriter.PYTORCH_METADATA);

        byte[] bytes = Files.readAllBytes(file);
        String header = "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"z\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                + "\"a\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[4,6]},"
                + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[6,10]}}";
        int length = (header.length() + 7) / 8 * 8;
        assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong())
                .isEqualTo(length);
        assertThat(new String(bytes, 8, length)).isEqualTo(header + " ".repeat(length - header.length()));
        assertThat(HexFormat.of().formatHex(bytes, 8 + length, bytes.length))
                .isEqualTo("00004040" + "003f" + "803f00c0");
    }

    @Test
    void everyTypeComesBackByteForByte() {
        Path file = folder.resolve("types.safetensors");
        List<Tensor> tensors = Stream.of(TensorType.values())
                .map(type -> Tensor.ofBytes(type.name(), type, List.of(3L), () -> counting(3 * type.bytes())))
                .toList();
        SafetensorsWriter.write(file, tensors, Map.of());

        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            for (TensorType type : TensorType.values()) {
                assertThat(read.bytes(type.name())).isEqualTo(counting(3 * type.bytes()));
            }
            assertThat(read.metadata()).isEmpty();
            assertThatThrownBy(() -> read.floats("I64"))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessageContaining("I64")
                    .hasMessageContaining("not of floating-point");
        }
    }

    @Test
    void emptyTensorsAndEmptyFilesAreValid() {
        Path file = folder.resolve("empty.safetensors");
        SafetensorsWriter.write(
                file, List.of(Tensor.ofFloats("none", TensorType.F16, List.of(0L, 4L), () -> new float[0])), Map.of());
        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            assertThat(read.floats("none")).isEmpty();
        }
        SafetensorsWriter.write(file, List.of(), Map.of());
        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            assertThat(read.tensors()).isEmpty();
        }
    }

    /** 65519.996 is the largest float that rounds to 65504, the largest float16. */
    @ParameterizedTest
    @CsvSource({
        "F16, 65519.996, 65520, write it as bfloat16 or float32",
        "F16, -65519.996, -1e5, write it as bfloat16 or float32",
        "BF16, 3.3961774e38, 3.3961777e38, write it as float32"
    })
    void aNumberThatWouldBecomeInfiniteIsRefused(TensorType type, float fits, float tooLarge, String remedy) {
        Path file = folder.resolve("x.safetensors");
        float[] values = {0, Float.POSITIVE_INFINITY, Float.NaN, fits};
        SafetensorsWriter.write(file, List.of(Tensor.ofFloats("w", type, List.of(4L), () -> values)), Map.of());
        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            assertThat(Float.isFinite(read.floats("w")[3])).isTrue();
        }
        values[3] = tooLarge;
        assertThatThrownBy(() -> SafetensorsWriter.write(
                        file, List.of(Tensor.ofFloats("w", type, List.of(4L), () -> values)), Map.of()))
                .isInstanceOf(SafetensorsException.class)
                .hasMessageContaining("tensor w holds %s at element 3, which would be infinite in".formatted(tooLarge))
                .hasMessageEndingWith(remedy);
    }

    @Test
    void aDoubleThatNoFloatHoldsIsRefused() {
        Path file = folder.resolve("x.safetensors");
        ByteBuffer bytes = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(1)
                .putDouble(1e300)
                .flip();
        SafetensorsWriter.write(file, List.of(Tensor.ofBytes("w", TensorType.F64, List.of(2L), () -> bytes)), Map.of());
        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            assertThatThrownBy(() -> read.floats("w"))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessageContaining("tensor w in " + file + ": it holds 1.0E300");
        }
    }

    @Test
    void tensorThatGivesOtherThanItsShapeIsRefused() {
        Tensor tensor = Tensor.ofFloats("w", TensorType.F32, List.of(2L, 3L), () -> new float[5]);
        assertThatThrownBy(() -> SafetensorsWriter.write(folder.resolve("x"), List.of(tensor), Map.of()))
                .hasMessage("tensor w of shape [2, 3] and type F32 takes 24 bytes, but 20 were given");
    }

    private static ByteBuffer counting(int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        for (int i = 0; i < length; i++) {
            bytes.put(i, (byte) i);
        }
        return bytes;
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of()
                    .formatHex(
                            java.security.MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
