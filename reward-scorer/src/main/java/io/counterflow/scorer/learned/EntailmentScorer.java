package io.counterflow.scorer.learned;

import io.counterflow.model.classifier.ClassifierInput;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.dataset.NliLabel;
import io.counterflow.scorer.evaluation.Probabilities;
import io.counterflow.scorer.learned.EntailmentScorerFactory.Combination;
import io.counterflow.scorer.learned.EntailmentScorerFactory.Config;
import io.counterflow.scorer.learned.EntailmentScorerFactory.SourceParts;
import io.counterflow.scorer.learned.EntailmentScorerFactory.Unit;
import io.counterflow.scorer.learned.EntailmentScorerFactory.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Holds each unit of a completion against each part of its source. A unit's value is the highest that a part gives it; the completion's is
 * their mean or minimum. Its components are the means over units of the probabilities that these parts gave. Thread-safe.
 */
final class EntailmentScorer implements Scorer {

    private final ClassifierPool pool;
    private final Config config;
    private final SequenceClassifier classifier;
    private final EntailmentLabels labels;
    private final int limit;
    private final Windows windows;

    EntailmentScorer(ClassifierPool pool, Config config) {
        this.pool = pool;
        this.config = config;
        classifier = pool.any();
        labels = labels(config, classifier.labels());
        limit = config.maxLength() == null ? classifier.context() : Math.min(config.maxLength(), classifier.context());
        Tokenizer tokenizer = classifier.tokenizer();
        windows = new Windows(text -> tokenizer.encode(text).length);
    }

    /** The labels that a configuration gives to a model, or that the model has. */
    static EntailmentLabels labels(Config config, List<String> own) {
        EntailmentLabels labels = new EntailmentLabels(config.labels().isEmpty() ? own : config.labels());
        if (labels.size() != own.size()) {
            throw new IllegalArgumentException("labels are " + config.labels() + ", but the model has " + own.size());
        }
        if (config.value() == Value.DIFFERENCE
                && labels.place(NliLabel.CONTRADICTION).isEmpty()) {
            throw new IllegalArgumentException(
                    "none of the labels " + own + " means contradiction; use value: entailment");
        }
        return labels;
    }

    /**
     * A unit of a completion against the parts of its source.
     *
     * @param text the unit
     * @param from place of its first input among all inputs
     * @param to place after its last
     */
    private record Claim(String text, int from, int to) {}

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws InterruptedException {
        ScoreOutcome[] outcomes = new ScoreOutcome[batch.size()];
        Map<Integer, List<Claim>> claims = new LinkedHashMap<>();
        List<ClassifierInput> inputs = new ArrayList<>();
        for (int i = 0; i < outcomes.length; i++) {
            int before = inputs.size();
            try {
                claims.put(i, claims(batch.get(i), inputs));
            } catch (RuntimeException e) {
                inputs.subList(before, inputs.size()).clear();
                // No other try will make these texts tokens.
                outcomes[i] = new Rejected(e.getMessage());
            }
        }
        float[][] logits = inputs.isEmpty() ? new float[0][] : pool.logits(inputs);
        claims.forEach((i, own) -> outcomes[i] = outcome(own, logits));
        return List.of(outcomes);
    }

    private List<Claim> claims(ScoreRequest request, List<ClassifierInput> inputs) {
        String source = source(request);
        List<String> units = config.unit() == Unit.WHOLE
                ? List.of(request.completion().strip())
                : Sentences.of(request.completion());
        if (units.isEmpty() || units.get(0).isEmpty()) {
            throw new IllegalArgumentException("the completion has no sentence that could follow from anything");
        }
        List<Claim> claims = new ArrayList<>();
        for (String unit : units) {
            // A sentence of more than half the context would leave the source too little room.
            for (String part : windows.of(unit, limit / 2)) {
                int from = inputs.size();
                inputs.addAll(against(source, part));
                claims.add(new Claim(part, from, inputs.size()));
            }
        }
        return claims;
    }

    private String source(ScoreRequest request) {
        String source =
                config.source() == null ? request.prompt() : request.metadata().get(config.source());
        if (source == null) {
            throw new IllegalArgumentException("the prompt's metadata has no '" + config.source() + "'");
        }
        if (source.isBlank()) {
            throw new IllegalArgumentException("the source is empty; nothing follows from it");
        }
        return source;
    }

    private List<ClassifierInput> against(String source, String claim) {
        List<String> whole = config.sourceParts() == SourceParts.SENTENCE ? Sentences.of(source) : List.of(source);
        List<ClassifierInput> inputs = new ArrayList<>();
        for (String text : whole) {
            ClassifierInput input = classifier.encode(text, claim);
            if (input.length() <= limit) {
                inputs.add(input);
                continue;
            }
            int room = limit - (input.length() - classifier.tokenizer().encode(text).length);
            for (String part : windows.of(text, Math.max(1, room))) {
                inputs.add(classifier.encode(part, claim));
            }
        }
        return inputs;
    }

    private ScoreOutcome outcome(List<Claim> claims, float[][] logits) {
        double[] mean = new double[labels.size()];
        double sum = 0;
        double lowest = Double.POSITIVE_INFINITY;
        String lowestText = "";
        int parts = 0;
        for (Claim claim : claims) {
            double[] best = null;
            double highest = Double.NEGATIVE_INFINITY;
            for (int i = claim.from; i < claim.to; i++) {
                double[] p = Probabilities.softmax(logits[i]);
                double value = value(p);
                if (best == null || value > highest) {
                    best = p;
                    highest = value;
                }
            }
            for (int k = 0; k < mean.length; k++) {
                mean[k] += best[k] / claims.size();
            }
            sum += highest;
            parts += claim.to - claim.from;
            if (highest < lowest) {
                lowest = highest;
                lowestText = claim.text;
            }
        }
        Map<String, Double> components = new LinkedHashMap<>();
        for (NliLabel label : NliLabel.values()) {
            labels.place(label).ifPresent(k -> components.put(label.spelled(), mean[k]));
        }
        Map<String, String> details = new LinkedHashMap<>();
        details.put("sentences", Integer.toString(claims.size()));
        details.put("comparisons", Integer.toString(parts));
        details.put("least_supported", String.format(Locale.ROOT, "%.4f %s", lowest, shortened(lowestText)));
        double value = config.combine() == Combination.MIN ? lowest : sum / claims.size();
        return ScoreOutcome.of(value, components, details);
    }

    private double value(double[] p) {
        double entailment = p[labels.place(NliLabel.ENTAILMENT).getAsInt()];
        return config.value() == Value.ENTAILMENT
                ? entailment
                : entailment - p[labels.place(NliLabel.CONTRADICTION).getAsInt()];
    }

    private static String shortened(String text) {
        return text.length() <= 200 ? text : text.substring(0, 197) + "...";
    }

    @Override
    public void close() {
        pool.close();
    }
}
