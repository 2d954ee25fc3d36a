package io.counterflow.scorer.rescore;

import io.counterflow.log.LogPosition;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.recipe.RunningStatistics;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * What the log has of a run, and what a recipe makes of it still. Holds positions, not records.
 *
 * @param groups groups that are to be made, by partition and in the order in which they were sampled
 * @param alreadyMade groups that the recipe's topic has already
 * @param waiting groups of which a completion is missing and may still come
 * @param reusable scores that the groups to be made can use
 * @param missing scores that they lack, by scorer
 * @param statistics running statistics of the groups already made, by partition
 */
public record RescorePlan(
        List<PlannedGroup> groups,
        long alreadyMade,
        long waiting,
        long reusable,
        SortedMap<ScorerId, Long> missing,
        Map<Integer, Map<ScorerId, RunningStatistics>> statistics) {

    /** Copies the list. */
    public RescorePlan {
        groups = List.copyOf(groups);
    }

    /**
     * A group that is to be made.
     *
     * @param groupId its identifier
     * @param completions where its completions stand, by index in the group
     * @param scores where the scores of each of them stand, by scorer; no scorer's where it has no usable one
     * @param complete whether all its completions are there
     */
    public record PlannedGroup(
            String groupId, List<LogPosition> completions, List<Map<ScorerId, LogPosition>> scores, boolean complete) {}
}
