package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.Arrays;
import java.util.List;

/**
 * A decoder's weights in the order in which decoder.py takes them: those of the base, and those of the policy, which are the very arrays
 * of the base with an adapter's in the places that it has. Where they do not change, {@link #settle} arranges them for speed.
 */
final class WeightLists implements AutoCloseable {
    private final ParameterLayout layout;
    private final Parameters parameters;
    private final PtNDArray none;
    private final NDArray epsilon;
    private final Script script;
    private final NDManager manager;
    private WeightList base;
    private WeightList policy;
    private AdapterWeights adapter;
    // Owns what settling made; null where the weights stand as they were set.
    private NDManager arrangement;
    // Owns what stands for the adapter in arranged weights.
    private NDManager adaptation;

    /**
     * @param none stands where there is no tensor
     * @param script arrangement.py; closed with this
     */
    WeightLists(
            ParameterLayout layout,
            Parameters parameters,
            PtNDArray none,
            NDArray epsilon,
            Script script,
            NDManager manager) {
        this.layout = layout;
        this.parameters = parameters;
        this.none = none;
        this.epsilon = epsilon;
        this.script = script;
        this.manager = manager;
        base = listed();
        policy = base;
    }

    private WeightList listed() {
        List<String> slots = layout.slots();
        PtNDArray[] arrays = new PtNDArray[slots.size()];
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = slots.get(i) == null ? none : (PtNDArray) parameters.array(slots.get(i));
        }
        arrays[ParameterLayout.EPSILON] = (PtNDArray) epsilon;
        return new WeightList(arrays);
    }

    private WeightList withAdapter() {
        if (arrangement == null) {
            return adapted(base);
        }
        adaptation = manager.newSubManager();
        try (WeightList plain = listed();
                WeightList adapted = adapted(plain);
                Scratch step = Scratch.notRecording(manager)) {
            return new WeightList(script.tensors(
                    adaptation, "adapt", step.tensors(base.arrays()), plain.argument(), adapted.argument()));
        }
    }

    /** The list with the adapter's arrays in the places that it has. */
    private WeightList adapted(WeightList plain) {
        List<String> slots = layout.slots();
        NDArray[] arrays = plain.arrays().toArray(NDArray[]::new);
        for (int i = 0; i < arrays.length; i++) {
            if (adapter.replacement(slots.get(i)) != null) {
                arrays[i] = adapter.replacement(slots.get(i));
            }
        }
        layout.projections().forEach((module, slot) -> {
            NDArray[] factors = adapter.of(module);
            if (factors != null) {
                System.arraycopy(factors, 0, arrays, slot + 2, factors.length);
            }
        });
        return new WeightList(Arrays.copyOf(arrays, arrays.length, PtNDArray[].class));
    }

    /** The weights without the adapter. */
    WeightList base() {
        return base;
    }

    /** The weights, with the adapter where there is one. */
    WeightList policy() {
        return policy;
    }

    /** The adapter, or null. */
    AdapterWeights adapter() {
        return adapter;
    }

    /** Takes an adapter over and closes the one that it replaces. */
    void adapt(AdapterWeights next) {
        takeOff();
        adapter = next;
        policy = withAdapter();
    }

    /** Takes the adapter off, if there is one. */
    void takeOff() {
        if (adapter == null) {
            return;
        }
        policy.close();
        policy = base;
        adapter.close();
        adapter = null;
        if (adaptation != null) {
            adaptation.close();
            adaptation = null;
        }
    }

    /** Takes the adapter off, if there is one. The weights lie as they did before they were arranged. */
    void unsettle() {
        takeOff();
        WeightList before = base;
        base = listed();
        policy = base;
        if (arrangement != null) {
            try (Scratch step = Scratch.notRecording(manager)) {
                script.run("restore", step.tensors(before.arrays()), step.tensors(base.arrays()));
            }
            arrangement.close();
            arrangement = null;
        }
        before.close();
    }

    /**
     * Arranges weights that will not change: laid out for products, and as fewer and larger ones. In float32 the parameters become views
     * of them, of the same values.
     */
    void settle() {
        if (arrangement != null) {
            return;
        }
        WeightList before = base;
        arrangement = manager.newSubManager();
        try (Scratch step = Scratch.notRecording(manager)) {
            base = new WeightList(script.tensors(arrangement, "arrange", step.tensors(before.arrays())));
        }
        before.close();
        if (adapter == null) {
            policy = base;
        } else {
            policy.close();
            policy = withAdapter();
        }
    }

    @Override
    public void close() {
        if (policy != base) {
            policy.close();
        }
        base.close();
        script.close();
    }
}
