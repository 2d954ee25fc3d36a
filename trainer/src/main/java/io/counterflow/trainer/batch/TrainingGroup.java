package io.counterflow.trainer.batch;

import io.counterflow.log.LogPosition;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A scored group as a training step needs it: a small part of the record, so that many fit into memory.
 *
 * @param position where the record stands
 * @param timestamp the record's time in milliseconds
 * @param groupId identifier of the group
 * @param promptId identifier of the prompt
 * @param runId the run that sampled it
 * @param recipe name of the recipe that made the rewards
 * @param recipeSha256 SHA-256 of that recipe
 * @param trainable whether it was sampled for training
 * @param promptTokenIds the prompt as the policy saw it
 * @param members the completions that have a reward, by index in group
 */
public record TrainingGroup(
        LogPosition position,
        long timestamp,
        String groupId,
        String promptId,
        String runId,
        String recipe,
        String recipeSha256,
        boolean trainable,
        int[] promptTokenIds,
        List<TrainingMember> members) {

    public TrainingGroup {
        Objects.requireNonNull(position, "position");
        Objects.requireNonNull(groupId, "groupId");
        members = List.copyOf(members);
    }

    /** Of a record read from the log. */
    public static TrainingGroup of(LogPosition position, long timestamp, ScoredGroup group) {
        List<TrainingMember> members = new ArrayList<>(group.getMembers().size());
        for (GroupMember member : group.getMembers()) {
            int[] tokenIds = ints(member.getTokenIds());
            List<Float> behaviour = member.getTokenLogProbabilities();
            members.add(new TrainingMember(
                    member.getCompletionId(),
                    tokenIds,
                    behaviour.size() == tokenIds.length ? floats(behaviour) : null,
                    member.getLogProbability(),
                    member.getReferenceLogProbability(),
                    member.getPolicyVersion(),
                    member.getReward(),
                    scores(member),
                    member.getFinishReason() == FinishReason.LENGTH,
                    CompletionMask.of(member.getCompletionMask())));
        }
        return new TrainingGroup(
                position,
                timestamp,
                group.getGroupId(),
                group.getPromptId(),
                group.getRunId(),
                group.getRecipe(),
                group.getRecipeSha256(),
                group.getPurpose() == Purpose.TRAINING,
                ints(group.getPromptTokenIds()),
                members);
    }

    /** Where it stands, in words. */
    public String where() {
        return "partition " + position.partition() + ", offset " + position.offset();
    }

    /** Its position as the ledger writes it. */
    public GroupPosition ledgerPosition() {
        return GroupPosition.newBuilder()
                .setPartition(position.partition())
                .setOffset(position.offset())
                .setGroupId(groupId)
                .build();
    }

    private static Map<String, Double> scores(GroupMember member) {
        Map<String, Double> scores = new HashMap<>();
        for (Score score : member.getScores()) {
            if (score.getValue() != null) {
                scores.put(score.getScorer(), score.getValue());
            }
        }
        return scores;
    }

    private static int[] ints(List<Integer> values) {
        int[] array = new int[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }

    private static float[] floats(List<Float> values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }
}
