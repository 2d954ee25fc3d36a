package io.counterflow.model.safetensors;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A safetensors file, open for reading. Opening reads and checks the header; tensors are mapped when asked for, so that a
 * file larger than the heap costs nothing. Nothing in the file is believed unchecked: memory is allocated only for what
 * the file's own length covers.
 *
 * <p>Safe for use by several threads. Mapped tensors stay valid after {@link #close()}.
 */
public final class SafetensorsFile implements AutoCloseable {
    /** The longest header accepted, in bytes; the reference implementation has the same limit. */
    public static final int LONGEST_HEADER = 100_000_000;

    private static final int CHUNK_BYTES = 64 << 20;
    private static final int PIECE = 1 << 20;

    private final Path path;
    private final FileChannel channel;
    private final long dataStart;
    private final Map<String, String> metadata;
    private final Map<String, SafetensorsHeader.Placed> tensors = new LinkedHashMap<>();

    private SafetensorsFile(Path path, FileChannel channel, long dataStart, SafetensorsHeader header) {
        this.path = path;
        this.channel = channel;
        this.dataStart = dataStart;
        this.metadata = Map.copyOf(header.metadata());
        header.tensors().forEach(placed -> tensors.put(placed.tensor().name(), placed));
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws SafetensorsException if the file cannot be read, is truncated or contradicts itself
     */
    public static SafetensorsFile open(Path path) {
        if (Files.isDirectory(path)) {
            throw new SafetensorsException("%s is a folder, not a safetensors file".formatted(path));
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
            SafetensorsFile file = open(path, channel);
            channel = null;
            return file;
        } catch (NoSuchFileException e) {
            throw new SafetensorsException("there is no %s in %s".formatted(path.getFileName(), path.getParent()));
        } catch (IOException e) {
            throw new SafetensorsException("cannot read %s: %s".formatted(path, e), e);
        } finally {
            if (channel != null) {
                closeQuietly(channel);
            }
        }
    }

    private static SafetensorsFile open(Path path, FileChannel channel) throws IOException {
        long length = channel.size();
        if (length < Long.BYTES) {
            throw new SafetensorsException(
                    "%s is %d bytes long, too short for a safetensors file".formatted(path, length));
        }
        long headerLength = read(channel, 0, Long.BYTES).getLong();
        if (headerLength < 2 || headerLength > LONGEST_HEADER) {
            throw new SafetensorsException(
                    ("%s announces a header of %s bytes; between 2 and %d can be right. Is it a" + " safetensors file?")
                            .formatted(path, Long.toUnsignedString(headerLength), LONGEST_HEADER));
        }
        if (headerLength > length - Long.BYTES) {
            throw new SafetensorsException("%s is truncated: its header ends at byte %d, the file at byte %d"
                    .formatted(path, headerLength + Long.BYTES, length));
        }
        SafetensorsHeader header;
        try {
            header = SafetensorsHeader.parse(
                    read(channel, Long.BYTES, (int) headerLength).array());
        } catch (SafetensorsException e) {
            throw new SafetensorsException("%s: %s".formatted(path, e.getMessage()), e);
        }
        long dataStart = Long.BYTES + headerLength;
        if (header.dataBytes() != length - dataStart) {
            throw new SafetensorsException("%s is %s: its tensors take %d bytes, the file holds %d"
                    .formatted(
                            path,
                            header.dataBytes() > length - dataStart ? "truncated" : "too long",
                            header.dataBytes(),
                            length - dataStart));
        }
        return new SafetensorsFile(path, channel, dataStart, header);
    }

    /** Where the file is. */
    public Path path() {
        return path;
    }

    /** The header's {@code __metadata__}; empty when there is none. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** The tensors, in the order of their bytes. */
    public List<TensorInfo> tensors() {
        return tensors.values().stream().map(SafetensorsHeader.Placed::tensor).toList();
    }

    public boolean contains(String name) {
        return tensors.containsKey(name);
    }

    /** @throws SafetensorsException if there is no tensor of that name */
    public TensorInfo tensor(String name) {
        return placed(name).tensor();
    }

    /**
     * A tensor's bytes, mapped read-only: direct, little-endian, from 0 to the tensor's length. The mapping lives as long
     * as the buffer is reachable.
     *
     * @throws SafetensorsException if there is no such tensor, or it is longer than a buffer can be (2 GiB)
     */
    public ByteBuffer bytes(String name) {
        SafetensorsHeader.Placed placed = placed(name);
        long length = placed.tensor().bytes();
        if (length > Integer.MAX_VALUE) {
            throw new SafetensorsException(
                    "tensor %s in %s is %d bytes long; one buffer holds %d. Read it in parts or as floats"
                            .formatted(name, path, length, Integer.MAX_VALUE));
        }
        return map(placed, 0, length);
    }

    /**
     * A tensor's elements as floats in row-major order; exact except for F64.
     *
     * @throws SafetensorsException if there is no such tensor, it is not of floating point, or has more than 2^31 - 9
     *     elements
     */
    public float[] floats(String name) {
        float[] floats = new float[floatingElements(name)];
        floats(name, (at, piece) -> System.arraycopy(piece, 0, floats, at, piece.length));
        return floats;
    }

    /** A tensor as a writer takes it, unchanged; this file must stay open until it is written. */
    public Tensor copy(String name) {
        SafetensorsHeader.Placed placed = placed(name);
        long length = placed.tensor().bytes();
        return Tensor.of(placed.tensor(), sink -> {
            for (long from = 0; from < length; from += CHUNK_BYTES) {
                sink.accept(map(placed, from, Math.min(CHUNK_BYTES, length - from)));
            }
        });
    }

    /** Takes a tensor's elements piece by piece. */
    public interface Pieces {
        /**
         * @param at place of the first element in the flattened tensor
         * @param piece neighbouring elements; not used again by the caller
         */
        void take(int at, float[] piece);
    }

    /** What {@link #floats(String)} gives, in pieces of at most 4 MiB, from the first to the last. */
    public void floats(String name, Pieces pieces) {
        int elements = floatingElements(name);
        SafetensorsHeader.Placed placed = placed(name);
        TensorType type = placed.tensor().type();
        long width = type.bytes();
        int mapped = CHUNK_BYTES / type.bytes();
        for (int from = 0; from < elements; from += Math.min(mapped, elements - from)) {
            int end = from + Math.min(mapped, elements - from);
            ByteBuffer bytes = map(placed, from * width, (end - from) * width);
            for (int at = from; at < end; at += Math.min(PIECE, end - at)) {
                float[] piece = new float[Math.min(PIECE, end - at)];
                int offset = Math.toIntExact((at - from) * width);
                widen(placed, bytes.slice(offset, Math.toIntExact(piece.length * width)), piece);
                pieces.take(at, piece);
            }
        }
    }

    /**
     * What {@link #floats(String)} gives, of neighbouring elements alone.
     *
     * @param from place of the first of them in the flattened tensor
     * @param count how many, at most 2^28
     */
    public float[] floats(String name, int from, int count) {
        Objects.checkFromIndexSize(from, count, floatingElements(name));
        SafetensorsHeader.Placed placed = placed(name);
        TensorType type = placed.tensor().type();
        long width = type.bytes();
        float[] floats = new float[count];
        widen(placed, map(placed, from * width, count * width), floats);
        return floats;
    }

    private void widen(SafetensorsHeader.Placed placed, ByteBuffer bytes, float[] floats) {
        try {
            placed.tensor().type().widen(bytes, floats, 0, floats.length);
        } catch (SafetensorsException e) {
            throw new SafetensorsException(
                    "tensor %s in %s: %s".formatted(placed.tensor().name(), path, e.getMessage()), e);
        }
    }

    private int floatingElements(String name) {
        TensorInfo tensor = placed(name).tensor();
        if (!tensor.type().isFloating()) {
            throw new SafetensorsException(
                    "tensor %s in %s is of %s, not of floating-point numbers".formatted(name, path, tensor.type()));
        }
        if (tensor.elements() > Integer.MAX_VALUE - 8) {
            throw new SafetensorsException("tensor %s in %s has %d elements; a Java array holds %d"
                    .formatted(name, path, tensor.elements(), Integer.MAX_VALUE - 8));
        }
        return (int) tensor.elements();
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }

    private SafetensorsHeader.Placed placed(String name) {
        SafetensorsHeader.Placed placed = tensors.get(name);
        if (placed == null) {
            throw new SafetensorsException("there is no tensor %s in %s".formatted(name, path));
        }
        return placed;
    }

    private ByteBuffer map(SafetensorsHeader.Placed placed, long from, long length) {
        try {
            return channel.map(MapMode.READ_ONLY, dataStart + placed.begin() + from, length)
                    .order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new SafetensorsException(
                    "cannot map tensor %s of %s: %s".formatted(placed.tensor().name(), path, e), e);
        }
    }

    private static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException("the file ended at byte " + (position + buffer.position()));
            }
        }
        return buffer.flip();
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new SafetensorsException("cannot close a safetensors file: " + e, e);
        }
    }
}
