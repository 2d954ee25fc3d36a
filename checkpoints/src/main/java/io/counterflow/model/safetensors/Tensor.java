package io.counterflow.model.safetensors;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A tensor to be written. Its elements are asked for when their turn comes and piece by piece, so that a writer holds a piece of one tensor
 * at a time.
 */
public final class Tensor {
    private static final int CHUNK_BYTES = 1 << 20;

    /** Takes a tensor's bytes in pieces, in order. */
    interface Sink {
        void accept(ByteBuffer bytes);
    }

    private final TensorInfo info;
    private final Consumer<Sink> content;

    private Tensor(TensorInfo info, Consumer<Sink> content) {
        this.info = info;
        this.content = content;
    }

    /**
     * A tensor of floating-point elements, rounded to the type when written. An element that is finite, but too large for the type, is an
     * error then.
     *
     * @param elements gives as many elements as the shape has, in row-major order, to whom it is called with; may be called more than once
     */
    public static Tensor ofPieces(
            String name, TensorType type, List<Long> shape, Consumer<SafetensorsFile.Pieces> elements) {
        requireNonNull(elements, "elements is null");
        if (!type.isFloating()) {
            throw new IllegalArgumentException("tensor %s: %s is not a floating-point type".formatted(name, type));
        }
        return new Tensor(new TensorInfo(name, type, shape), sink -> {
            ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            elements.accept((at, piece) -> narrow(name, type, at, piece, buffer, sink));
        });
    }

    /**
     * A tensor of floating-point elements that fits into the heap.
     *
     * @param floats gives as many elements as the shape has, in row-major order; may be called more than once
     */
    public static Tensor ofFloats(String name, TensorType type, List<Long> shape, Supplier<float[]> floats) {
        requireNonNull(floats, "floats is null");
        return ofPieces(name, type, shape, pieces -> pieces.take(0, floats.get()));
    }

    /**
     * A tensor that is in the file's form already.
     *
     * @param bytes gives the little-endian bytes between position and limit; may be called more than once
     */
    public static Tensor ofBytes(String name, TensorType type, List<Long> shape, Supplier<ByteBuffer> bytes) {
        requireNonNull(bytes, "bytes is null");
        return new Tensor(
                new TensorInfo(name, type, shape),
                sink -> sink.accept(bytes.get().duplicate()));
    }

    /** A tensor of a file, unchanged; the file must stay open until it is written. */
    static Tensor of(TensorInfo info, Consumer<Sink> content) {
        return new Tensor(info, content);
    }

    /** The same tensor under another name. */
    public Tensor named(String name) {
        return new Tensor(new TensorInfo(name, info.type(), info.shape()), content);
    }

    /** Name, type and shape. */
    public TensorInfo info() {
        return info;
    }

    void writeTo(Sink sink) {
        long[] written = new long[1];
        content.accept(bytes -> {
            written[0] += bytes.remaining();
            if (written[0] <= info.bytes()) {
                sink.accept(bytes);
            }
        });
        if (written[0] != info.bytes()) {
            throw new SafetensorsException("tensor %s of shape %s and type %s takes %d bytes, but %d were given"
                    .formatted(info.name(), info.shape(), info.type(), info.bytes(), written[0]));
        }
    }

    private static void narrow(String name, TensorType type, int at, float[] elements, ByteBuffer buffer, Sink sink) {
        float largest = type.largest();
        for (int i = 0; i < elements.length; i++) {
            // Written so that infinities and NaN, which stay what they are, pass.
            if (Math.abs(elements[i]) > largest && Float.isFinite(elements[i])) {
                throw new SafetensorsException(
                        "tensor %s holds %s at element %d, which would be infinite in %s; write it as %sfloat32"
                                .formatted(
                                        name,
                                        elements[i],
                                        (long) at + i,
                                        type.torchName(),
                                        type == TensorType.F16 ? "bfloat16 or " : ""));
            }
        }
        int chunk = CHUNK_BYTES / type.bytes();
        for (int done = 0; done < elements.length; done += Math.min(chunk, elements.length - done)) {
            buffer.clear();
            type.narrow(elements, done, Math.min(chunk, elements.length - done), buffer);
            sink.accept(buffer.flip());
        }
    }
}
