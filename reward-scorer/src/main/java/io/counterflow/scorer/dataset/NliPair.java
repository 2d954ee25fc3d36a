package io.counterflow.scorer.dataset;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.api.ScoreRequest;
import java.util.Map;

/**
 * Natural language inference: does the premise entail the hypothesis?
 *
 * @param premise what is given
 * @param hypothesis what may follow from it
 * @param label entailment, neutral or contradiction
 */
public record NliPair(String premise, String hypothesis, NliLabel label) implements Example {

    /** Checks that all is there. */
    public NliPair {
        requireNonNull(premise, "premise is null");
        requireNonNull(hypothesis, "hypothesis is null");
        requireNonNull(label, "label is null");
    }

    @Override
    public String group() {
        return premise;
    }

    /** The hypothesis as a completion of the premise. */
    public ScoreRequest request() {
        return new ScoreRequest("hypothesis", premise, hypothesis, Map.of());
    }
}
