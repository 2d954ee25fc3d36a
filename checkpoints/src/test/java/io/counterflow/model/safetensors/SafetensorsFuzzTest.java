package io.counterflow.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever bytes are in a file: it is read, or refused in one line. The heap of a test would not survive a believed length. */
class SafetensorsFuzzTest {
    private static final Path ORIGINAL =
            Path.of("src/test/resources/fixtures/tiny-qwen2-lora/adapter_model.safetensors");

    @TempDir
    Path folder;

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(ORIGINAL);
        for (int length = 0; length < whole.length; length += length < 4000 ? 37 : 997) {
            Path file = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> SafetensorsFile.open(file))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void changedBytesAreReadOrRefused() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] whole = Files.readAllBytes(ORIGINAL);
        int headerEnd =
                8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
        int refused = 0;
        for (int round = 0; round < 400; round++) {
            byte[] changed = whole.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                changed[random.nextInt(headerEnd)] = (byte) random.nextInt(256);
            }
            if (!readsOrRefuses(changed, "seed %d, round %d".formatted(seed, round))) {
                refused++;
            }
        }
        assertThat(refused).as("refused with seed %d", seed).isGreaterThan(200);
    }

    @Test
    void randomBytesAreRefused() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            if (bytes.length >= 8 && random.nextBoolean()) {
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length - 8L);
            }
            assertThat(readsOrRefuses(bytes, "seed %d, round %d".formatted(seed, round)))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "[1] | the header is not a JSON object",
                "{'a':1} | the header's entry a is not an object",
                "{'a':{'dtype':'F32','shape':[1]}} | tensor a lacks dtype, shape or data_offsets",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'x':1}} | tensor a has the unknown entry x",
                "{'a':{'dtype':'F8_E4M3','shape':[4],'data_offsets':[0,4]}} | tensor a has the element type F8_E4M3; can read BOOL, U8, I8, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64",
                "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | shape of tensor a holds the negative number -1",
                "{'a':{'dtype':'F32','shape':[1.0],'data_offsets':[0,4]}} | shape of tensor a holds something that is not a whole number",
                "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,4]}} | tensor a has a shape too large to exist: [4294967296, 4294967296]",
                "{'a':{'dtype':'F64','shape':[9223372036854775807],'data_offsets':[0,4]}} | tensor a has a shape too large to exist: [9223372036854775807]",
                "{'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,4]}} | the header is not valid JSON",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}} | tensor a has the data_offsets [4, 0], not a start and an end",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4,8]}} | tensor a has the data_offsets [0, 4, 8], not a start and an end",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | tensor a is 4 bytes long, but F32 of shape [2] takes 8",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | tensor a starts at byte 4 where 0 was expected: tensors overlap or leave a gap",
                "{'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3]},'b':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}} | tensor b starts at byte 2 where 3 was expected",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'a':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}} | the header is not valid JSON: Duplicate field 'a'",
                "{'__metadata__':{'x':1}} | the metadata entry x is not text",
                "{'a':{'dtype':'F32','shape':[250000000000],'data_offsets':[0,1000000000000]}} | is truncated: its tensors take 1000000000000 bytes, the file holds 4",
                "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}} | is too long: its tensors take 1 bytes, the file holds 4",
            })
    void eachContradictionIsNamed(String header, String message) throws IOException {
        Path file = Files.write(folder.resolve("x.safetensors"), file(header.replace('\'', '"'), 4));
        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isInstanceOf(SafetensorsException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource({"-1", "0", "1", "9223372036854775807", "100000001", "5000"})
    void headerLengthIsNeverBelieved(long length) throws IOException {
        byte[] bytes = file("{}", 0);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
        Path file = Files.write(folder.resolve("x.safetensors"), bytes);
        assertThatThrownBy(() -> SafetensorsFile.open(file)).isInstanceOf(SafetensorsException.class);
    }

    @Test
    void deepNestingDoesNotOverflowTheStack() throws IOException {
        Path file = Files.write(folder.resolve("x.safetensors"), file("{\"a\":{\"shape\":" + "[".repeat(1_000_000), 0));
        assertThatThrownBy(() -> SafetensorsFile.open(file)).isInstanceOf(SafetensorsException.class);
    }

    @Test
    void tensorLongerThanABufferIsSaidToBe() throws IOException {
        long elements = 600_000_000L;
        Path file = folder.resolve("large.safetensors");
        byte[] start = file(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}".formatted(elements, 4 * elements),
                0);
        Files.write(file, start);
        // A hole: the file takes no space.
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[1]), start.length + 4 * elements - 1);
        }
        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            assertThatThrownBy(() -> read.bytes("a"))
                    .isInstanceOf(SafetensorsException.class)
                    .hasMessageContaining("is 2400000000 bytes long; one buffer holds 2147483647");
        }
    }

    private boolean readsOrRefuses(byte[] bytes, String what) throws IOException {
        Path file = Files.write(folder.resolve("fuzzed.safetensors"), bytes);
        try (SafetensorsFile read = SafetensorsFile.open(file)) {
            for (TensorInfo tensor : read.tensors()) {
                if (tensor.type().isFloating()) {
                    assertThat(read.floats(tensor.name())).as(what).hasSize((int) tensor.elements());
                }
                assertThat(read.bytes(tensor.name()).remaining()).as(what).isEqualTo((int) tensor.bytes());
            }
            return true;
        } catch (SafetensorsException e) {
            assertThat(e.getMessage()).as(what).startsWith(file.toString());
            return false;
        }
    }

    private static byte[] file(String header, int dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .array();
    }
}
