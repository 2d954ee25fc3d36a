package io.counterflow.model.decoder;

import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelFamily;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.checkpoint.TensorSpec;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** At which place of decoder.py's list of weights each tensor of a model stands. Immutable. */
public final class ParameterLayout {
    private static final int GLOBAL_SLOTS = 6;
    private static final int LAYER_SLOTS = 41;
    private static final int HEAD = 4;
    /** Place of the norms' epsilon, which is a number and not a weight. */
    static final int EPSILON = 5;

    private final Set<String> names;
    private final Map<String, Integer> projections = new LinkedHashMap<>();
    private final String[] slots;

    public ParameterLayout(ModelConfig config) {
        names = config.tensors().stream().map(TensorSpec::name).collect(Collectors.toSet());
        slots = new String[GLOBAL_SLOTS + LAYER_SLOTS * config.layers()];
        String prefix = config.family().prefix();
        if (config.family() == ModelFamily.GPT2) {
            gpt2(prefix, config.layers());
        } else {
            llama(prefix, config.layers());
        }
        if (config.head() == ModelHead.SEQUENCE_CLASSIFICATION) {
            put(HEAD, "score.weight");
        } else {
            slots[HEAD] = config.tiedEmbeddings() ? slots[0] : "lm_head.weight";
        }
        if (!names.equals(Arrays.stream(slots).filter(n -> n != null).collect(Collectors.toSet()))) {
            throw new IllegalStateException("The decoder has no place for some tensor of " + names);
        }
    }

    /** Places of the projections, on which adapters can be put, by name of the module ("model.layers.0.self_attn.q_proj"). */
    public Map<String, Integer> projections() {
        return Collections.unmodifiableMap(projections);
    }

    /** Name of the tensor at each place; null where there is none. */
    List<String> slots() {
        return Arrays.asList(slots);
    }

    private void llama(String prefix, int layers) {
        put(0, prefix + "embed_tokens.weight");
        for (int i = 0; i < layers; i++) {
            String layer = prefix + "layers." + i + ".";
            int at = GLOBAL_SLOTS + LAYER_SLOTS * i;
            put(at, layer + "input_layernorm.weight");
            projection(at + 2, layer + "self_attn.q_proj");
            projection(at + 7, layer + "self_attn.k_proj");
            projection(at + 12, layer + "self_attn.v_proj");
            put(at + 17, layer + "self_attn.q_norm.weight");
            put(at + 18, layer + "self_attn.k_norm.weight");
            projection(at + 19, layer + "self_attn.o_proj");
            put(at + 24, layer + "post_attention_layernorm.weight");
            projection(at + 26, layer + "mlp.gate_proj");
            projection(at + 31, layer + "mlp.up_proj");
            projection(at + 36, layer + "mlp.down_proj");
        }
        put(2, prefix + "norm.weight");
    }

    private void gpt2(String prefix, int layers) {
        put(0, prefix + "wte.weight");
        put(1, prefix + "wpe.weight");
        for (int i = 0; i < layers; i++) {
            String layer = prefix + "h." + i + ".";
            int at = GLOBAL_SLOTS + LAYER_SLOTS * i;
            norm(at, layer + "ln_1");
            projection(at + 2, layer + "attn.c_attn");
            projection(at + 19, layer + "attn.c_proj");
            norm(at + 24, layer + "ln_2");
            projection(at + 31, layer + "mlp.c_fc");
            projection(at + 36, layer + "mlp.c_proj");
        }
        norm(2, prefix + "ln_f");
    }

    private void projection(int slot, String module) {
        put(slot, module + ".weight");
        put(slot + 1, module + ".bias");
        projections.put(module, slot);
    }

    private void norm(int slot, String module) {
        put(slot, module + ".weight");
        put(slot + 1, module + ".bias");
    }

    /** Takes a tensor in where this model has it. */
    private void put(int slot, String name) {
        if (names.contains(name)) {
            slots[slot] = name;
        }
    }
}
