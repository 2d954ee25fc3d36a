package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.counterflow.model.checkpoint.TensorSpec;
import io.counterflow.model.safetensors.SafetensorsFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** The weights of a network: float32 arrays by Hugging Face name, owned by one manager. Not thread-safe. */
public final class Parameters implements AutoCloseable {
    // Floats moved at a time: 4 MiB, small beside any model. Even, because random numbers are drawn in pairs.
    private static final int PIECE = 1 << 20;

    // Floats: 64 bytes, a line of the processor's cache.
    private static final long ALIGNMENT = 16;

    private final Script script;
    private final NDManager manager;
    private final Map<String, TensorSpec> specs = new LinkedHashMap<>();
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    // What is copied passes through it. One for all, because Java frees such memory only when it collects its heap.
    private final ByteBuffer passage =
            ByteBuffer.allocateDirect(PIECE * Float.BYTES).order(ByteOrder.nativeOrder());

    /**
     * Arrays whose values are not set yet. They lie in one piece of memory, matrices first, in the order given: what is read as a whole
     * for every token had better lie in few large pages, and neighbours can be seen as one larger matrix.
     *
     * @param manager owns the arrays
     */
    public Parameters(List<TensorSpec> tensors, NDManager manager) {
        script = Script.load(Parameters.class, "parameters.py", "Parameters", Map.of(), manager);
        this.manager = manager;
        tensors.forEach(spec -> specs.put(spec.name(), spec));
        Map<String, Long> places = new HashMap<>();
        long end = 0;
        for (boolean matrices : new boolean[] {true, false}) {
            for (TensorSpec spec : tensors) {
                if (matrices == spec.shape().size() > 1) {
                    places.put(spec.name(), end);
                    end = (end + spec.elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
                }
            }
        }
        try (NDArray storage = manager.create(new Shape(end), DataType.FLOAT32);
                Scratch step = Scratch.notRecording(manager)) {
            specs.forEach((name, spec) -> arrays.put(
                    name,
                    script.tensor(
                            manager,
                            "part",
                            step.tensor(storage),
                            step.integer(places.get(name)),
                            step.integers(shape(spec).getShape()))));
        }
    }

    static Shape shape(TensorSpec spec) {
        return new Shape(spec.shape().stream().mapToLong(Long::longValue).toArray());
    }

    /** What each array is. */
    public Map<String, TensorSpec> specs() {
        return Collections.unmodifiableMap(specs);
    }

    /** The live arrays; changing one changes the model. */
    public Map<String, NDArray> arrays() {
        return Collections.unmodifiableMap(arrays);
    }

    NDArray array(String name) {
        return arrays.get(name);
    }

    /** Takes gradients from the next recorded operation on, or stops taking them. */
    public void trainable(boolean trainable) {
        arrays.values().forEach(array -> array.setRequiresGradient(trainable));
    }

    /**
     * Sets the elements of one array.
     *
     * @param values row-major
     */
    public void set(String name, float[] values) {
        fill(arrays.get(name), values);
    }

    /** The elements of one array, row-major. */
    public float[] get(String name) {
        return read(arrays.get(name));
    }

    /**
     * Sets some neighbouring elements of one array.
     *
     * @param at the first of them, of the array seen flat
     */
    public void set(String name, int at, float[] values) {
        fill(arrays.get(name), at, values);
    }

    /** Copies values into an array. */
    public void fill(NDArray array, float[] values) {
        if (array.size() != values.length) {
            throw new IllegalArgumentException(values.length + " values given for an array of " + array.getShape());
        }
        fill(array, 0, values);
    }

    /** Copies values into an array seen flat, beginning at one of its elements. */
    public void fill(NDArray array, int at, float[] values) {
        for (int done = 0; done < values.length; done += PIECE) {
            int count = Math.min(PIECE, values.length - done);
            passage.asFloatBuffer().put(values, done, count);
            try (Scratch step = Scratch.notRecording(manager)) {
                NDArray source = step.manager()
                        .create(
                                passage.slice(0, count * Float.BYTES).order(ByteOrder.nativeOrder()),
                                new Shape(count),
                                DataType.FLOAT32);
                script.run("fill", step.tensor(array), step.integer((long) at + done), step.tensor(source));
            }
        }
    }

    /** The elements of an array, all at once. */
    public float[] read(NDArray array) {
        float[] values = new float[Math.toIntExact(array.size())];
        read(array, (at, piece) -> System.arraycopy(piece, 0, values, at, piece.length));
        return values;
    }

    /** The elements of one array, piece by piece, from the first to the last. */
    public void read(String name, SafetensorsFile.Pieces pieces) {
        read(arrays.get(name), pieces);
    }

    /** The elements of an array, piece by piece, from the first to the last. */
    public void read(NDArray array, SafetensorsFile.Pieces pieces) {
        int elements = Math.toIntExact(array.size());
        for (int at = 0; at < elements; at += Math.min(PIECE, elements - at)) {
            try (Scratch step = Scratch.notRecording(manager)) {
                NDArray piece = script.tensor(
                        step.manager(),
                        "read",
                        step.tensor(array),
                        step.integer(at),
                        step.integer(Math.min(PIECE, elements - at)));
                pieces.take(at, piece.toFloatArray());
            }
        }
    }

    /**
     * Random weights, drawn as each tensor's specification says. Each tensor draws from a stream of its own, made of the seed and
     * its name, so that the same seed gives the same bytes everywhere.
     */
    public void initialise(long seed) {
        specs.forEach((name, spec) -> {
            SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
            int elements = Math.toIntExact(spec.elements());
            for (int at = 0; at < elements; at += PIECE) {
                float[] values = new float[Math.min(PIECE, elements - at)];
                switch (spec.fill()) {
                    case NORMAL -> normal(values, spec.deviation(), random);
                    case ZEROS -> Arrays.fill(values, 0);
                    case ONES -> Arrays.fill(values, 1);
                }
                set(name, at, values);
            }
        });
    }

    /** Box-Muller: unlike the JDK's Gaussian generators, the same in every release. */
    private static void normal(float[] values, double deviation, SplittableRandom random) {
        for (int i = 0; i < values.length; i += 2) {
            double radius = deviation * Math.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
            double angle = 2 * Math.PI * random.nextDouble();
            values[i] = (float) (radius * StrictMath.cos(angle));
            if (i + 1 < values.length) {
                values[i + 1] = (float) (radius * StrictMath.sin(angle));
            }
        }
    }

    @Override
    public void close() {
        script.close();
    }
}
