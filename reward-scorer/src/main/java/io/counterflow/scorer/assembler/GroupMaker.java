package io.counterflow.scorer.assembler;

import io.counterflow.log.Identifiers;
import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.MissingMember;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoreStatistics;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.Reward;
import io.counterflow.scorer.recipe.RunningStatistics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Makes the record of a group from its completions and their outcomes; depends on nothing else but the recipe. Thread-safe. */
public final class GroupMaker {

    private final Recipe recipe;
    private final String recipeJson;
    private final String recipeSha256;

    /** Makes groups as {@code recipe} says. */
    public GroupMaker(Recipe recipe) {
        this.recipe = recipe;
        this.recipeJson = recipe.canonical();
        this.recipeSha256 = recipe.sha256();
    }

    /**
     * The group, its members by index, whatever the order in which anything arrived.
     *
     * @param completions at least one
     * @param outcomes by completion and scorer
     * @param before running statistics of the groups that were made before
     */
    public ScoredGroup make(
            List<Completion> completions,
            Map<String, Map<ScorerId, Score>> outcomes,
            ClosedBy closedBy,
            Instant closedAt,
            Map<ScorerId, RunningStatistics> before) {
        List<Completion> sorted = completions.stream()
                .sorted(Comparator.comparingInt(Completion::getIndexInGroup))
                .toList();
        Completion first = sorted.get(0);
        SortedMap<ScorerId, RunningStatistics> statistics = recipe.statistics(
                before,
                sorted.stream()
                        .map(c -> outcomes.getOrDefault(c.getCompletionId(), Map.of()))
                        .toList());
        List<GroupMember> members = new ArrayList<>();
        List<MissingMember> missing = new ArrayList<>();
        for (Completion completion : sorted) {
            Map<ScorerId, Score> scores = outcomes.getOrDefault(completion.getCompletionId(), Map.of());
            Reward reward = recipe.reward(scores, statistics);
            if (reward instanceof Reward.Known known) {
                members.add(member(completion, known.value(), scores));
            } else {
                missing.add(new MissingMember(
                        completion.getCompletionId(), completion.getIndexInGroup(), ((Reward.Missing) reward).cause()));
            }
        }
        for (int index = 0; index < first.getGroupSize(); index++) {
            int wanted = index;
            if (sorted.stream().noneMatch(c -> c.getIndexInGroup() == wanted)) {
                missing.add(new MissingMember(
                        Identifiers.completionId(first.getGroupId(), index),
                        index,
                        "the completion did not arrive within " + recipe.groupWait()));
            }
        }
        missing.sort(Comparator.comparingInt(MissingMember::getIndexInGroup));
        return ScoredGroup.newBuilder()
                .setGroupId(first.getGroupId())
                .setPromptId(first.getPromptId())
                .setRunId(first.getRunId())
                .setPurpose(first.getPurpose())
                .setRecipe(recipe.name())
                .setRecipeSha256(recipeSha256)
                .setPrompt(first.getPrompt())
                .setPromptTokenIds(first.getPromptTokenIds())
                .setGroupSize(first.getGroupSize())
                .setMembers(members)
                .setMissing(missing)
                .setClosedBy(closedBy)
                .setClosedAt(closedAt)
                .setRecipeJson(recipeJson)
                .setStatistics(statistics.entrySet().stream()
                        .map(e -> statistics(e.getKey(), e.getValue()))
                        .toList())
                .build();
    }

    /** Whether a group has enough completions with a reward; one that has not says why in its missing members. */
    public boolean isUseful(ScoredGroup group) {
        return group.getMembers().size() >= needed(group);
    }

    /** Why a group that is not useful is not. */
    public String lack(ScoredGroup group) {
        return group.getMembers().size() + " of " + group.getGroupSize() + " completions have a reward, "
                + needed(group) + " are needed: "
                + group.getMissing().stream()
                        .map(m -> "completion " + m.getIndexInGroup() + ": " + m.getCause())
                        .collect(Collectors.joining("; "));
    }

    private int needed(ScoredGroup group) {
        return recipe.needed(group.getPurpose(), group.getGroupSize());
    }

    private static ScoreStatistics statistics(ScorerId scorer, RunningStatistics of) {
        return ScoreStatistics.newBuilder()
                .setScorer(scorer.name())
                .setScorerVersion(scorer.version())
                .setCount(of.count())
                .setMean(of.mean())
                .setSquares(of.squares())
                .build();
    }

    private static GroupMember member(Completion completion, double reward, Map<ScorerId, Score> scores) {
        return GroupMember.newBuilder()
                .setCompletionId(completion.getCompletionId())
                .setIndexInGroup(completion.getIndexInGroup())
                .setText(completion.getText())
                .setTokenIds(completion.getTokenIds())
                .setLogProbability(completion.getLogProbability())
                .setTokenLogProbabilities(completion.getTokenLogProbabilities())
                .setPolicyVersion(completion.getPolicyVersion())
                .setFinishReason(completion.getFinishReason())
                .setSampledAt(completion.getFinishedAt())
                .setReward(reward)
                .setScores(List.copyOf(new TreeMap<>(scores).values()))
                .setCompletionMask(completion.getCompletionMask())
                .build();
    }
}
