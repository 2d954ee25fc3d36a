package io.counterflow.scorer.rescore;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElseGet;

import io.counterflow.scorer.recipe.Recipe;

/**
 * What is to be rescored.
 *
 * @param runId the run whose groups are made again
 * @param recipe what makes the new rewards
 * @param topic where the new groups go, without the log's prefix; null for the recipe's own, {@code scored-groups.NAME}
 * @param chunk groups that are made in one transaction
 */
public record RescoreRequest(String runId, Recipe recipe, String topic, int chunk) {

    private static final int CHUNK = 64;

    /** Fills in the topic. */
    public RescoreRequest {
        requireNonNull(runId, "runId is null");
        requireNonNull(recipe, "recipe is null");
        topic = requireNonNullElseGet(topic, () -> "scored-groups." + recipe.name());
        if (chunk < 1) {
            throw new IllegalArgumentException("chunk " + chunk + " must be at least 1");
        }
    }

    /** Into the recipe's own topic. */
    public static RescoreRequest of(String runId, Recipe recipe) {
        return new RescoreRequest(runId, recipe, null, CHUNK);
    }

    /** The same into another topic, without the log's prefix. */
    public RescoreRequest into(String other) {
        return new RescoreRequest(runId, recipe, other, chunk);
    }
}
