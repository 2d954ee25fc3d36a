package io.counterflow.model.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.counterflow.files.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes safetensors files. The same tensors give the same bytes, whatever their order: as in the reference
 * implementation they are sorted by falling alignment of their type, then by name.
 */
public final class SafetensorsWriter {
    /** What transformers writes into every checkpoint's header. */
    public static final Map<String, String> PYTORCH_METADATA = Map.of("format", "pt");

    private static final Comparator<Tensor> REFERENCE_ORDER = Comparator.comparing(
                    (Tensor t) -> t.info().type(), Comparator.reverseOrder())
            .thenComparing(t -> t.info().name().getBytes(UTF_8), Arrays::compareUnsigned);

    private SafetensorsWriter() {}

    /**
     * Writes a file and forces it to the disk. An existing file is replaced.
     *
     * @throws SafetensorsException if two tensors have one name, or one gives other bytes than its shape takes
     * @throws UncheckedIOException if writing fails; what was written is left to the caller
     */
    public static void write(Path path, Collection<Tensor> tensors, Map<String, String> metadata) {
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            write(tensors, metadata, bytes -> writeFully(path, channel, bytes));
            channel.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + path, e);
        }
    }

    /** SHA-256, in hexadecimal, of the file that {@link #write} would make. */
    public static String sha256(Collection<Tensor> tensors, Map<String, String> metadata) {
        MessageDigest digest = Sha256.digest();
        write(tensors, metadata, digest::update);
        return Sha256.hex(digest);
    }

    private static void write(Collection<Tensor> tensors, Map<String, String> metadata, Tensor.Sink sink) {
        List<Tensor> ordered = tensors.stream().sorted(REFERENCE_ORDER).toList();
        byte[] header = header(ordered, metadata).bytes();
        sink.accept(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .flip());
        sink.accept(ByteBuffer.wrap(header));
        for (Tensor tensor : ordered) {
            tensor.writeTo(sink);
        }
    }

    private static SafetensorsHeader header(List<Tensor> ordered, Map<String, String> metadata) {
        List<SafetensorsHeader.Placed> placed = new ArrayList<>();
        Set<String> names = new HashSet<>();
        long position = 0;
        for (Tensor tensor : ordered) {
            if (!names.add(tensor.info().name())) {
                throw new SafetensorsException(
                        "two tensors have the name " + tensor.info().name());
            }
            long end = position + tensor.info().bytes();
            placed.add(new SafetensorsHeader.Placed(tensor.info(), position, end));
            position = end;
        }
        return new SafetensorsHeader(new TreeMap<>(metadata), placed);
    }

    private static void writeFully(Path path, FileChannel channel, ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + path, e);
        }
    }
}
