package io.counterflow.scorer.assembler;

import io.counterflow.log.Identifiers;
import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.MissingMember;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.Reward;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes the record of a group from its completions and their outcomes; depends on nothing else but the recipe. */
final class GroupMaker {

    private final Recipe recipe;
    private final String recipeSha256;

    GroupMaker(Recipe recipe) {
        this.recipe = recipe;
        this.recipeSha256 = recipe.sha256();
    }

    /**
     * The group, its members by index, whatever the order in which anything arrived.
     *
     * @param completions at least one
     */
    ScoredGroup make(
            List<Completion> completions,
            Map<String, Map<ScorerId, Score>> outcomes,
            ClosedBy closedBy,
            Instant closedAt) {
        List<Completion> sorted = completions.stream()
                .sorted(Comparator.comparingInt(Completion::getIndexInGroup))
                .toList();
        Completion first = sorted.get(0);
        List<GroupMember> members = new ArrayList<>();
        List<MissingMember> missing = new ArrayList<>();
        for (Completion completion : sorted) {
            Map<ScorerId, Score> scores = outcomes.getOrDefault(completion.getCompletionId(), Map.of());
            Reward reward = recipe.reward(scores);
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
                .build();
    }
}
