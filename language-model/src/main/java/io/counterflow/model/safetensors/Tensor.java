package io.counterflow.model.safetensors;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Supplier;

/**
 * A tensor to be written. Its elements are asked for when their turn comes, so that a writer holds one tensor at a time.
 */
public final class Tensor {
    private static final int CHUNK_BYTES = 1 << 20;

    /** Takes a tensor's bytes in pieces, in order. */
    interface Sink {
        void accept(ByteBuffer bytes);
    }

    private final TensorInfo info;
    private final Supplier<float[]> floats;
    private final Supplier<ByteBuffer> bytes;

    private Tensor(TensorInfo info, Supplier<float[]> floats, Supplier<ByteBuffer> bytes) {
        this.info = requireNonNull(info, "info is null");
        this.floats = floats;
        this.bytes = bytes;
    }

    /**
     * A tensor of floating-point elements, rounded to the type when written.
     *
     * @param floats gives as many elements as the shape has, in row-major order; may be called more than once
     */
    public static Tensor ofFloats(String name, TensorType type, List<Long> shape, Supplier<float[]> floats) {
        if (!type.isFloating()) {
            throw new IllegalArgumentException("tensor %s: %s is not a floating-point type".formatted(name, type));
        }
        return new Tensor(new TensorInfo(name, type, shape), requireNonNull(floats, "floats is null"), null);
    }

    /**
     * A tensor that is in the file's form already.
     *
     * @param bytes gives the little-endian bytes between position and limit; may be called more than once
     */
    public static Tensor ofBytes(String name, TensorType type, List<Long> shape, Supplier<ByteBuffer> bytes) {
        return new Tensor(new TensorInfo(name, type, shape), null, requireNonNull(bytes, "bytes is null"));
    }

    /** Name, type and shape. */
    public TensorInfo info() {
        return info;
    }

    void writeTo(Sink sink) {
        if (bytes != null) {
            ByteBuffer content = bytes.get().duplicate();
            checkLength(content.remaining());
            sink.accept(content);
            return;
        }
        float[] elements = floats.get();
        checkLength((long) elements.length * info.type().bytes());
        int chunk = CHUNK_BYTES / info.type().bytes();
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int done = 0; done < elements.length; done += Math.min(chunk, elements.length - done)) {
            buffer.clear();
            info.type().narrow(elements, done, Math.min(chunk, elements.length - done), buffer);
            sink.accept(buffer.flip());
        }
    }

    private void checkLength(long length) {
        if (length != info.bytes()) {
            throw new SafetensorsException("tensor %s of shape %s and type %s takes %d bytes, but %d were given"
                    .formatted(info.name(), info.shape(), info.type(), info.bytes(), length));
        }
    }
}
