package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Set;

/**
 * A loss on the completions of one prompt.
 *
 * <p>Implementations are immutable and free of side effects, so that a step can be applied again to the same bytes, and
 * may be used from several threads. Where a formula has {@code sg(...)}, the returned loss is its value and the gradient
 * that of the formula with the stopped terms held constant.
 */
public interface Objective {

    /**
     * @param group two or more completions of one prompt, carrying what {@link #requirements()} asks for
     * @throws IllegalArgumentException for fewer than two completions
     * @throws NullPointerException for a log-probability that was required and is not there
     */
    GroupLoss evaluate(List<ScoredCompletion> group);

    /** What must be known of each completion. */
    Set<Requirement> requirements();
}
