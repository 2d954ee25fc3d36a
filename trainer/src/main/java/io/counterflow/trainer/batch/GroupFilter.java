package io.counterflow.trainer.batch;

import java.util.Set;

/**
 * Which groups of the topic belong to a run's source.
 *
 * @param runs runs that sampled them; empty for any
 * @param recipe recipe that rewarded them, as NAME or, where several have that name, NAME@ and the beginning of its SHA-256; null
 *     for any
 */
public record GroupFilter(Set<String> runs, String recipe) {

    public GroupFilter {
        runs = Set.copyOf(runs);
    }

    /** Of a source's configuration, for the run with this id. */
    public static GroupFilter of(SourceConfig source, String runId) {
        return new GroupFilter(
                source.mode() == SourceMode.LIVE ? Set.of(runId) : Set.copyOf(source.runs()), source.recipe());
    }

    /** Groups sampled for evaluation never belong. */
    public boolean accepts(TrainingGroup group) {
        return group.trainable()
                && (runs.isEmpty() || runs.contains(group.runId()))
                && (recipe == null || recipe.equals(group.recipe()) || isByContent(group));
    }

    private boolean isByContent(TrainingGroup group) {
        return recipe.startsWith(group.recipe() + "@")
                && (group.recipe() + "@" + group.recipeSha256()).startsWith(recipe);
    }
}
