package io.counterflow.scorer.learned;

import io.counterflow.model.classifier.ClassifierInput;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.encoding.EncodedRequest;
import io.counterflow.scorer.encoding.EncodingConfig;
import io.counterflow.scorer.encoding.RequestEncoder;
import io.counterflow.scorer.evaluation.Probabilities;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Scores completions with a classifier; its components are the probabilities of the labels, where there are several. Thread-safe. */
final class RewardModelScorer implements Scorer {

    private final ClassifierPool pool;
    private final RequestEncoder encoder;
    private final List<String> labels;
    private final int label;
    private final RewardValue value;

    /**
     * @param label null where the model has one alone
     * @param value null for the default
     */
    RewardModelScorer(ClassifierPool pool, EncodingConfig encoding, String label, RewardValue value) {
        this.pool = pool;
        labels = pool.any().labels();
        encoder = new RequestEncoder(pool.any(), encoding);
        this.label = label(pool.folder(), labels, label);
        this.value = value != null ? value : labels.size() == 1 ? RewardValue.LOGIT : RewardValue.PROBABILITY;
    }

    /**
     * The place of a label among those of the model in {@code folder}.
     *
     * @param label null where there is one alone
     */
    static int label(Path folder, List<String> labels, String label) {
        if (label == null && labels.size() > 1) {
            throw new IllegalArgumentException(folder + " has the labels " + labels
                    + "; say with the setting 'label' whose probability is the score");
        }
        int place = label == null ? 0 : labels.indexOf(label);
        if (place < 0) {
            throw new IllegalArgumentException(folder + " has no label '" + label + "', but " + labels);
        }
        return place;
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws InterruptedException {
        ScoreOutcome[] outcomes = new ScoreOutcome[batch.size()];
        List<Integer> places = new ArrayList<>();
        List<EncodedRequest> encoded = new ArrayList<>();
        for (int i = 0; i < outcomes.length; i++) {
            try {
                encoded.add(encoder.encode(batch.get(i)));
                places.add(i);
            } catch (RuntimeException e) {
                // No other try will make these texts tokens.
                outcomes[i] = new Rejected(e.getMessage());
            }
        }
        List<ClassifierInput> inputs =
                encoded.stream().map(EncodedRequest::input).toList();
        float[][] logits = inputs.isEmpty() ? new float[0][] : pool.logits(inputs);
        for (int i = 0; i < logits.length; i++) {
            outcomes[places.get(i)] = outcome(logits[i], encoded.get(i));
        }
        return List.of(outcomes);
    }

    private ScoreOutcome outcome(float[] logits, EncodedRequest encoded) {
        Map<String, Double> components = new LinkedHashMap<>();
        if (labels.size() > 1) {
            double[] p = Probabilities.softmax(logits);
            for (int k = 0; k < p.length; k++) {
                components.put(labels.get(k), p[k]);
            }
        }
        Map<String, String> details = new LinkedHashMap<>();
        details.put("tokens", Integer.toString(encoded.input().length()));
        if (encoded.cut() > 0) {
            details.put("tokens_cut", Integer.toString(encoded.cut()));
        }
        return ScoreOutcome.of(value.of(logits, label), components, details);
    }

    @Override
    public void close() {
        pool.close();
    }
}
