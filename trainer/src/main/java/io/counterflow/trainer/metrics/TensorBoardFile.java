package io.counterflow.trainer.metrics;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.SortedMap;
import java.util.zip.CRC32C;

/**
 * A TensorBoard event file of scalars.
 *
 * <p>TFRecord frames (length as a little-endian long, its masked CRC-32C, the bytes, their masked CRC-32C; masking is
 * {@code ((crc >>> 15) | (crc << 17)) + 0xa282ead8}), each with a protocol buffer {@code Event}: wall_time (1, double),
 * step (2, int64), and one of file_version (3), summary (5: repeated value (1): tag (1), simple_value (2, float)),
 * session_log (7: status (1)). Formats: tensorflow/core/lib/io/record_writer.h and tensorflow/core/util/event.proto.
 */
public final class TensorBoardFile implements AutoCloseable {

    private static final int MASK = 0xa282ead8;
    private static final int SESSION_START = 1;

    private final OutputStream out;

    private TensorBoardFile(OutputStream out) {
        this.out = out;
    }

    /** Begins a file in a folder; what an earlier file there says of steps after this one is dropped by TensorBoard. */
    static TensorBoardFile create(Path folder, Instant now, long step) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve(
                "events.out.tfevents.%010d.counterflow.%d".formatted(now.getEpochSecond(), now.toEpochMilli() % 1000));
        TensorBoardFile events =
                new TensorBoardFile(Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        events.frame(event(now, 0, 3, "brain.Event:2".getBytes(StandardCharsets.UTF_8)));
        events.frame(event(now, step + 1, 7, new byte[] {1 << 3, SESSION_START}));
        return events;
    }

    void append(long step, Instant now, SortedMap<String, Double> numbers) throws IOException {
        ByteArrayOutputStream summary = new ByteArrayOutputStream();
        numbers.forEach((name, number) -> {
            ByteArrayOutputStream value = new ByteArrayOutputStream();
            bytes(value, 1, name.replace('.', '/').getBytes(StandardCharsets.UTF_8));
            value.write((2 << 3) | 5);
            value.writeBytes(little(Float.BYTES).putFloat(number.floatValue()).array());
            bytes(summary, 1, value.toByteArray());
        });
        frame(event(now, step, 5, summary.toByteArray()));
        out.flush();
    }

    private static byte[] event(Instant now, long step, int field, byte[] content) {
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        event.write((1 << 3) | 1);
        event.writeBytes(
                little(Double.BYTES).putDouble(now.toEpochMilli() / 1000.0).array());
        if (step != 0) {
            event.write(2 << 3);
            varint(event, step);
        }
        bytes(event, field, content);
        return event.toByteArray();
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] content) {
        out.write((field << 3) | 2);
        varint(out, content.length);
        out.writeBytes(content);
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private void frame(byte[] content) throws IOException {
        byte[] length = little(Long.BYTES).putLong(content.length).array();
        out.write(length);
        out.write(little(Integer.BYTES).putInt(maskedCrc(length)).array());
        out.write(content);
        out.write(little(Integer.BYTES).putInt(maskedCrc(content)).array());
    }

    private static int maskedCrc(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content);
        int value = (int) crc.getValue();
        return ((value >>> 15) | (value << 17)) + MASK;
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
