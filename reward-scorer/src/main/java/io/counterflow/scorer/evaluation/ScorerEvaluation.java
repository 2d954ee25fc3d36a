package io.counterflow.scorer.evaluation;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.dataset.LabelledText;
import io.counterflow.scorer.dataset.NliLabel;
import io.counterflow.scorer.dataset.NliPair;
import io.counterflow.scorer.dataset.PreferencePair;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/**
 * Judges a scorer as it runs, by examples whose answer is known. Pairs need a score alone, so any scorer can be judged by them; classes need
 * one component a class, its probability. One thread.
 */
public final class ScorerEvaluation {

    private final Scorer scorer;
    private final int batchSize;
    private final LongConsumer progress;

    /**
     * A judgement.
     *
     * @param <R> kind of report
     * @param report on the examples that have scores
     * @param failures of the others, one cause each
     */
    public record Judgement<R extends Report>(R report, List<String> failures) {

        /** Copies the list. */
        public Judgement {
            failures = List.copyOf(failures);
        }
    }

    /**
     * An evaluation of {@code scorer}.
     *
     * @param scorer one that does not throw: decorated, see {@link io.counterflow.scorer.decorator.ScorerSettings}
     * @param batchSize completions in one call
     * @param progress hears how many completions are scored
     */
    public ScorerEvaluation(Scorer scorer, int batchSize, LongConsumer progress) {
        this.scorer = requireNonNull(scorer, "scorer is null");
        this.progress = requireNonNull(progress, "progress is null");
        this.batchSize = batchSize;
        if (batchSize < 1) {
            throw new IllegalArgumentException("batchSize " + batchSize + " must be at least 1");
        }
    }

    /**
     * Whether preferred completions score higher.
     *
     * @throws IllegalArgumentException when no pair has two scores, with the first cause
     */
    public Judgement<PreferenceReport> pairs(List<PreferencePair> pairs) throws Exception {
        List<ScoreRequest> requests = new ArrayList<>();
        for (PreferencePair pair : pairs) {
            requests.add(pair.chosenRequest());
            requests.add(pair.rejectedRequest());
        }
        List<ScoreOutcome> outcomes = score(requests);
        List<PreferenceReport.Judged> judged = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            ScoreOutcome chosen = outcomes.get(2 * i);
            ScoreOutcome rejected = outcomes.get(2 * i + 1);
            if (chosen instanceof Scored better && rejected instanceof Scored worse) {
                judged.add(PreferenceReport.Judged.of(pairs.get(i), better.value(), worse.value()));
            } else {
                failures.add(cause(chosen instanceof Scored ? rejected : chosen));
            }
        }
        check(judged, failures);
        return new Judgement<>(PreferenceReport.of(judged), failures);
    }

    /**
     * Whether the likeliest class is the true one.
     *
     * @throws IllegalArgumentException when no text has a score, or the scorer gives no probabilities of these classes
     */
    public Judgement<ClassificationReport> labels(List<LabelledText> texts) throws Exception {
        return classes(
                texts.stream().map(LabelledText::request).toList(),
                texts.stream().map(LabelledText::label).toList(),
                List.of());
    }

    /**
     * Whether the likeliest answer is the true one.
     *
     * @throws IllegalArgumentException when no pair has a score, or the scorer gives no probabilities of the three answers
     */
    public Judgement<ClassificationReport> nli(List<NliPair> pairs) throws Exception {
        return classes(
                pairs.stream().map(NliPair::request).toList(),
                pairs.stream().map(pair -> pair.label().spelled()).toList(),
                NliLabel.names());
    }

    private Judgement<ClassificationReport> classes(List<ScoreRequest> requests, List<String> truth, List<String> order)
            throws Exception {
        List<Map<String, Double>> predictions = new ArrayList<>();
        List<String> answers = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        List<ScoreOutcome> outcomes = score(requests);
        for (int i = 0; i < outcomes.size(); i++) {
            if (outcomes.get(i) instanceof Scored scored) {
                predictions.add(scored.components());
                answers.add(truth.get(i));
            } else {
                failures.add(cause(outcomes.get(i)));
            }
        }
        check(predictions, failures);
        List<String> labels = order;
        if (labels.isEmpty()) {
            TreeSet<String> names = new TreeSet<>();
            predictions.forEach(p -> names.addAll(p.keySet()));
            labels = List.copyOf(names);
        }
        for (String answer : new TreeSet<>(answers)) {
            if (predictions.stream().noneMatch(p -> p.containsKey(answer))) {
                throw new IllegalArgumentException("the scorer gives no probability of '" + answer + "', but of "
                        + new TreeSet<>(predictions.get(0).keySet()));
            }
        }
        List<double[]> rows = new ArrayList<>();
        for (Map<String, Double> prediction : predictions) {
            rows.add(labels.stream()
                    .mapToDouble(label -> prediction.getOrDefault(label, 0.0))
                    .toArray());
        }
        List<Integer> places = answers.stream().map(labels::indexOf).toList();
        return new Judgement<>(ClassificationReport.of(labels, rows, places), failures);
    }

    private List<ScoreOutcome> score(List<ScoreRequest> requests) throws Exception {
        List<ScoreOutcome> outcomes = new ArrayList<>();
        for (int from = 0; from < requests.size(); from += batchSize) {
            outcomes.addAll(scorer.score(requests.subList(from, Math.min(requests.size(), from + batchSize))));
            progress.accept(outcomes.size());
        }
        return outcomes;
    }

    private static void check(List<?> judged, List<String> failures) {
        if (judged.isEmpty()) {
            throw new IllegalArgumentException(
                    "nothing could be scored" + (failures.isEmpty() ? "" : ": " + failures.get(0)));
        }
    }

    private static String cause(ScoreOutcome outcome) {
        if (outcome instanceof Failed failed) {
            return failed.cause();
        }
        if (outcome instanceof TimedOut timedOut) {
            return timedOut.cause();
        }
        return outcome instanceof Rejected rejected ? rejected.cause() : outcome.toString();
    }
}
