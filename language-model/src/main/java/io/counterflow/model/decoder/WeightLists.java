package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
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

    /** @param none stands where there is no tensor */
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
        List<String> slots = layout.slots();
        NDArray[] arrays = base.arrays().toArray(NDArray[]::new);
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

    /** Takes an adapter over and closes the one that it replaces. On weights that were fused it cannot go. */
    void adapt(AdapterWeights next) {
        if (policy != base) {
            policy.close();
            adapter.close();
        }
        adapter = next;
        policy = withAdapter();
    }

    /** Takes the adapter off, if there is one. The weights stand as they were set again. */
    void unsettle() {
        if (adapter != null) {
            policy.close();
            adapter.close();
            adapter = null;
        }
        base.close();
        if (arrangement != null) {
            arrangement.close();
            arrangement = null;
        }
        base = listed();
        policy = base;
    }

    /**
     * Arranges weights that will not change: laid out for products, and where there is no adapter as fewer and larger ones. The parameters
     * become views of them, of the same values.
     *
     * @param gates whether gate and up are fused too
     */
    void settle(boolean gates) {
        try (IValue fusingGates = IValue.from(gates)) {
            if (adapter == null) {
                rearrange("fuse", fusingGates);
            }
            rearrange("lay_out");
        }
        if (adapter == null) {
            policy = base;
        } else {
            policy.close();
            policy = withAdapter();
        }
    }

    private void rearrange(String method, IValue... further) {
        NDManager owner = manager.newSubManager();
        WeightList before = base;
        try (Scratch step = Scratch.notRecording(manager)) {
            IValue[] arguments = new IValue[1 + further.length];
            arguments[0] = step.tensors(before.arrays());
            System.arraycopy(further, 0, arguments, 1, further.length);
            base = new WeightList(script.tensors(owner, method, arguments));
        }
        before.close();
        if (arrangement != null) {
            arrangement.close();
        }
        arrangement = owner;
    }

    @Override
    public void close() {
        if (policy != base) {
            policy.close();
        }
        base.close();
    }
}
