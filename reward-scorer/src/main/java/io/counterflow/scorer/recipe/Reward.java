package io.counterflow.scorer.recipe;

/** What a recipe makes of one completion's scores. */
public sealed interface Reward {

    /**
     * There is a reward.
     *
     * @param value the reward, finite
     */
    record Known(double value) implements Reward {}

    /**
     * A score that the recipe needs is not there.
     *
     * @param cause which, and why
     */
    record Missing(String cause) implements Reward {}
}
