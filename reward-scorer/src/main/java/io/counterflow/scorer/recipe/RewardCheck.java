package io.counterflow.scorer.recipe;

import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Works out the rewards of a group again, from its record alone: recipe, scores, statistics. */
public final class RewardCheck {

    private RewardCheck() {}

    /**
     * What does not follow from the record, in words; empty where every reward does. Groups of before recipes were recorded say
     * that they cannot be checked by having no recipe, see {@link #canCheck}.
     */
    public static List<String> faults(ScoredGroup group) {
        List<String> faults = new ArrayList<>();
        Recipe recipe = Recipe.ofCanonical(group.getRecipeJson());
        if (!recipe.sha256().equals(group.getRecipeSha256())) {
            faults.add("group " + group.getGroupId() + ": its recipe has SHA-256 " + recipe.sha256() + ", but "
                    + group.getRecipeSha256() + " stands beside it");
        }
        Map<ScorerId, RunningStatistics> statistics = RunningStatistics.of(group);
        for (GroupMember member : group.getMembers()) {
            Map<ScorerId, Score> scores = new HashMap<>();
            member.getScores()
                    .forEach(score -> scores.put(new ScorerId(score.getScorer(), score.getScorerVersion()), score));
            Reward reward = recipe.reward(scores, statistics);
            if (!reward.equals(new Reward.Known(member.getReward()))) {
                faults.add("completion " + member.getCompletionId() + ": its reward is " + member.getReward()
                        + ", but recipe " + recipe.name() + " makes " + reward + " of its scores");
            }
        }
        return faults;
    }

    /** Whether the group has its recipe. */
    public static boolean canCheck(ScoredGroup group) {
        return group.getRecipeJson() != null;
    }
}
