package io.counterflow.model.classifier;

import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.ExportedConfig;
import io.counterflow.model.decoder.LengthBatches;
import io.counterflow.model.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;

/** A classifier that was exported as a graph, with the tokenizer and the config.json beside it. */
final class GraphClassifier implements SequenceClassifier {
    // Tokens, padding included, that run at a time.
    private static final int TOKENS_AT_ONCE = 4096;

    private final ExportedConfig config;
    private final Tokenizer tokenizer;
    private final Graph graph;

    private GraphClassifier(ExportedConfig config, Tokenizer tokenizer, Graph graph) {
        this.config = config;
        this.tokenizer = tokenizer;
        this.graph = graph;
    }

    /** Opens the graph in a file. */
    interface Opener {
        Graph open(Path file);
    }

    static GraphClassifier load(Path folder, Path file, Opener opener) {
        ExportedConfig config = ExportedConfig.read(folder);
        Tokenizer tokenizer = Tokenizer.load(folder);
        Graph graph = null;
        try {
            graph = opener.open(file);
            GraphClassifier classifier = new GraphClassifier(config, tokenizer, graph);
            classifier.checkLabels(file);
            return classifier;
        } catch (RuntimeException e) {
            if (graph != null) {
                graph.close();
            }
            tokenizer.close();
            throw e;
        }
    }

    /** One input shows what no file says: whether the graph gives one logit a label. */
    private void checkLabels(Path file) {
        int logits = logits(List.of(encode("a")))[0].length;
        if (logits != config.labels().size()) {
            throw new CheckpointException("%s gives %d logits, but config.json names %d labels: %s"
                    .formatted(file, logits, config.labels().size(), String.join(", ", config.labels())));
        }
    }

    @Override
    public List<String> labels() {
        return config.labels();
    }

    @Override
    public int context() {
        return config.context();
    }

    @Override
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public ClassifierInput encode(String text) {
        return ClassifierInput.of(tokenizer.encodeWhole(text));
    }

    @Override
    public ClassifierInput encode(String first, String second) {
        return ClassifierInput.of(tokenizer.encodePair(first, second));
    }

    @Override
    public float[][] logits(List<ClassifierInput> inputs) {
        for (ClassifierInput input : inputs) {
            if (input.length() > config.context()) {
                throw new IllegalArgumentException("An input of " + input.length()
                        + " tokens is longer than the model's context of " + config.context() + "; split it");
            }
        }
        float[][] logits = new float[inputs.size()][];
        for (List<Integer> places :
                LengthBatches.of(inputs.size(), i -> inputs.get(i).length(), TOKENS_AT_ONCE)) {
            PaddedBatch batch = PaddedBatch.of(places.stream().map(inputs::get).toList(), config.padTokenId());
            float[][] rows = graph.logits(batch);
            for (int i = 0; i < rows.length; i++) {
                logits[places.get(i)] = rows[i];
            }
        }
        return logits;
    }

    @Override
    public void close() {
        graph.close();
        tokenizer.close();
    }
}
