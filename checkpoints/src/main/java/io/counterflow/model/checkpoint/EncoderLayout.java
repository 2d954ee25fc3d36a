package io.counterflow.model.checkpoint;

import io.counterflow.model.checkpoint.TensorSpec.Fill;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Which tensors an encoder has, under which names, in which shapes: the state dictionary of the transformers class. */
final class EncoderLayout {
    /** Buffers that older versions of transformers saved although they follow from the configuration. */
    private static final Pattern BUFFERS = Pattern.compile("(\\w+\\.)?embeddings\\.(position_ids|token_type_ids)");

    private final EncoderConfig config;
    private final String prefix;
    private final List<TensorSpec> tensors = new ArrayList<>();

    private EncoderLayout(EncoderConfig config) {
        this.config = config;
        prefix = config.family().prefix();
    }

    static List<TensorSpec> of(EncoderConfig config) {
        List<TensorSpec> all = new ArrayList<>(body(config));
        all.addAll(head(config));
        return List.copyOf(all);
    }

    /** Embeddings and layers. */
    static List<TensorSpec> body(EncoderConfig config) {
        EncoderLayout layout = new EncoderLayout(config);
        layout.embeddings();
        for (int i = 0; i < config.layers(); i++) {
            if (config.family() == EncoderFamily.DISTILBERT) {
                layout.distilBertLayer(i);
            } else {
                layout.bertLayer(i);
            }
        }
        return List.copyOf(layout.tensors);
    }

    /** What a classifier puts on the first token; nothing without labels. */
    static List<TensorSpec> head(EncoderConfig config) {
        EncoderLayout layout = new EncoderLayout(config);
        int labels = config.labels().size();
        if (labels > 0) {
            layout.linear(denseModule(config.family()), config.hiddenSize(), config.hiddenSize());
            layout.linear(outputModule(config.family()), config.hiddenSize(), labels);
        }
        return List.copyOf(layout.tensors);
    }

    static String denseModule(EncoderFamily family) {
        return switch (family) {
            case BERT -> "bert.pooler.dense";
            case ROBERTA, XLM_ROBERTA -> "classifier.dense";
            case DISTILBERT -> "pre_classifier";
        };
    }

    static String outputModule(EncoderFamily family) {
        return switch (family) {
            case BERT, DISTILBERT -> "classifier";
            case ROBERTA, XLM_ROBERTA -> "classifier.out_proj";
        };
    }

    static boolean isBuffer(String name) {
        return BUFFERS.matcher(name).matches();
    }

    /** Whether a name, with or without its prefix, is one of embeddings and layers. */
    static boolean isOfBody(EncoderConfig config, String name) {
        String prefix = config.family().prefix();
        String bare = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        return bare.startsWith("embeddings.") || bare.startsWith("encoder.") || bare.startsWith("transformer.");
    }

    private void embeddings() {
        String module = prefix + "embeddings.";
        embedding(module + "word_embeddings", config.vocabularySize());
        embedding(module + "position_embeddings", config.positions());
        if (config.segments() > 0) {
            embedding(module + "token_type_embeddings", config.segments());
        }
        norm(module + "LayerNorm");
    }

    private void bertLayer(int index) {
        String layer = prefix + "encoder.layer." + index + ".";
        long hidden = config.hiddenSize();
        linear(layer + "attention.self.query", hidden, hidden);
        linear(layer + "attention.self.key", hidden, hidden);
        linear(layer + "attention.self.value", hidden, hidden);
        linear(layer + "attention.output.dense", hidden, hidden);
        norm(layer + "attention.output.LayerNorm");
        linear(layer + "intermediate.dense", hidden, config.intermediateSize());
        linear(layer + "output.dense", config.intermediateSize(), hidden);
        norm(layer + "output.LayerNorm");
    }

    private void distilBertLayer(int index) {
        String layer = prefix + "transformer.layer." + index + ".";
        long hidden = config.hiddenSize();
        linear(layer + "attention.q_lin", hidden, hidden);
        linear(layer + "attention.k_lin", hidden, hidden);
        linear(layer + "attention.v_lin", hidden, hidden);
        linear(layer + "attention.out_lin", hidden, hidden);
        norm(layer + "sa_layer_norm");
        linear(layer + "ffn.lin1", hidden, config.intermediateSize());
        linear(layer + "ffn.lin2", config.intermediateSize(), hidden);
        norm(layer + "output_layer_norm");
    }

    private void embedding(String module, long rows) {
        normal(module + ".weight", List.of(rows, (long) config.hiddenSize()));
    }

    private void linear(String module, long inputs, long outputs) {
        normal(module + ".weight", List.of(outputs, inputs));
        add(module + ".bias", List.of(outputs), Fill.ZEROS);
    }

    private void norm(String module) {
        add(module + ".weight", List.of((long) config.hiddenSize()), Fill.ONES);
        add(module + ".bias", List.of((long) config.hiddenSize()), Fill.ZEROS);
    }

    private void normal(String name, List<Long> shape) {
        tensors.add(new TensorSpec(name, shape, Fill.NORMAL, config.initializerRange()));
    }

    private void add(String name, List<Long> shape, Fill fill) {
        tensors.add(new TensorSpec(name, shape, fill, 0));
    }
}
