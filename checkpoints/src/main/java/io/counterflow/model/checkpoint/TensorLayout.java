package io.counterflow.model.checkpoint;

import io.counterflow.model.checkpoint.TensorSpec.Fill;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Which tensors a model has, under which names, in which shapes: the state dictionary of the transformers class. */
final class TensorLayout {
    /** Buffers that older versions of transformers saved although they follow from the configuration. */
    private static final Pattern BUFFERS =
            Pattern.compile("(.*\\.)?rotary_emb\\.inv_freq|(transformer\\.)?h\\.\\d+\\.attn\\.(bias|masked_bias)");

    static final String OUTPUT = "lm_head.weight";

    private final ModelConfig config;
    private final List<TensorSpec> tensors = new ArrayList<>();

    private TensorLayout(ModelConfig config) {
        this.config = config;
    }

    static List<TensorSpec> of(ModelConfig config) {
        TensorLayout layout = new TensorLayout(config);
        if (config.family() == ModelFamily.GPT2) {
            layout.gpt2();
        } else {
            layout.llama();
        }
        layout.head();
        return List.copyOf(layout.tensors);
    }

    /** Whether a checkpoint may hold this tensor although the model has no use for it. */
    static boolean tolerates(ModelConfig config, String name) {
        return BUFFERS.matcher(name).matches() || config.tiedEmbeddings() && name.equals(OUTPUT);
    }

    /** Name of the token embedding. */
    static String embedding(ModelConfig config) {
        return config.family().prefix() + (config.family() == ModelFamily.GPT2 ? "wte" : "embed_tokens") + ".weight";
    }

    private void llama() {
        String prefix = config.family().prefix();
        long hidden = config.hiddenSize();
        long queries = (long) config.attentionHeads() * config.headDimension();
        long keys = (long) config.keyValueHeads() * config.headDimension();
        weight(prefix + "embed_tokens", config.vocabularySize(), hidden);
        for (int i = 0; i < config.layers(); i++) {
            String layer = prefix + "layers." + i + ".";
            projection(layer + "self_attn.q_proj", hidden, queries, config.queryKeyValueBias());
            projection(layer + "self_attn.k_proj", hidden, keys, config.queryKeyValueBias());
            projection(layer + "self_attn.v_proj", hidden, keys, config.queryKeyValueBias());
            projection(layer + "self_attn.o_proj", queries, hidden, config.outputBias());
            if (config.queryKeyNorm()) {
                scale(layer + "self_attn.q_norm", config.headDimension());
                scale(layer + "self_attn.k_norm", config.headDimension());
            }
            projection(layer + "mlp.gate_proj", hidden, config.intermediateSize(), config.feedForwardBias());
            projection(layer + "mlp.up_proj", hidden, config.intermediateSize(), config.feedForwardBias());
            projection(layer + "mlp.down_proj", config.intermediateSize(), hidden, config.feedForwardBias());
            scale(layer + "input_layernorm", hidden);
            scale(layer + "post_attention_layernorm", hidden);
        }
        scale(prefix + "norm", hidden);
    }

    private void gpt2() {
        String prefix = config.family().prefix();
        long hidden = config.hiddenSize();
        double residual = config.initializerRange() / Math.sqrt(2.0 * config.layers());
        weight(prefix + "wte", config.vocabularySize(), hidden);
        weight(prefix + "wpe", config.maxPositions(), hidden);
        for (int i = 0; i < config.layers(); i++) {
            String layer = prefix + "h." + i + ".";
            layerNorm(layer + "ln_1");
            convolution(layer + "attn.c_attn", hidden, 3 * hidden, config.initializerRange());
            convolution(layer + "attn.c_proj", hidden, hidden, residual);
            layerNorm(layer + "ln_2");
            convolution(layer + "mlp.c_fc", hidden, config.intermediateSize(), config.initializerRange());
            convolution(layer + "mlp.c_proj", config.intermediateSize(), hidden, residual);
        }
        layerNorm(prefix + "ln_f");
    }

    private void head() {
        switch (config.head()) {
            case CAUSAL_LANGUAGE_MODEL -> {
                if (!config.tiedEmbeddings()) {
                    normal(OUTPUT, List.of((long) config.vocabularySize(), (long) config.hiddenSize()));
                }
            }
            case SEQUENCE_CLASSIFICATION -> weight("score", config.labels(), config.hiddenSize());
        }
    }

    private void weight(String module, long rows, long columns) {
        normal(module + ".weight", List.of(rows, columns));
    }

    private void projection(String module, long inputs, long outputs, boolean bias) {
        weight(module, outputs, inputs);
        if (bias) {
            add(module + ".bias", List.of(outputs), Fill.ZEROS);
        }
    }

    /** GPT-2's Conv1D: a linear layer whose weight lies the other way round. */
    private void convolution(String module, long inputs, long outputs, double deviation) {
        tensors.add(new TensorSpec(module + ".weight", List.of(inputs, outputs), Fill.NORMAL, deviation));
        add(module + ".bias", List.of(outputs), Fill.ZEROS);
    }

    private void scale(String module, long width) {
        add(module + ".weight", List.of(width), Fill.ONES);
    }

    private void layerNorm(String module) {
        scale(module, config.hiddenSize());
        add(module + ".bias", List.of((long) config.hiddenSize()), Fill.ZEROS);
    }

    private void normal(String name, List<Long> shape) {
        tensors.add(new TensorSpec(name, shape, Fill.NORMAL, config.initializerRange()));
    }

    private void add(String name, List<Long> shape, Fill fill) {
        tensors.add(new TensorSpec(name, shape, fill, 0));
    }
}
