package io.counterflow.trainer.batch;

import io.counterflow.log.LogPosition;
import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.ScoredGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Small groups and sources of them. */
final class Groups {

    private Groups() {}

    static TrainingGroup group(String id, long offset, long policyVersion, int... tokens) {
        return new TrainingGroup(
                new LogPosition(0, offset),
                offset,
                id,
                "prompt-" + id,
                "run",
                "recipe",
                "00",
                true,
                new int[] {1, 2},
                List.of(member(id + "-0", policyVersion, 1, tokens), member(id + "-1", policyVersion, 0, tokens)));
    }

    /** A record of the topic, without members. */
    static ScoredGroup record(String id) {
        return ScoredGroup.newBuilder()
                .setGroupId(id)
                .setPromptId("prompt-" + id)
                .setRunId("run")
                .setPurpose(Purpose.TRAINING)
                .setRecipe("recipe")
                .setRecipeSha256("00")
                .setPrompt(Prompt.newBuilder()
                        .setPromptId("prompt-" + id)
                        .setTask("task")
                        .setSplit("train")
                        .setText("prompt")
                        .setMessages(null)
                        .setCreatedAt(Instant.EPOCH)
                        .build())
                .setPromptTokenIds(List.of(1))
                .setGroupSize(2)
                .setMembers(List.of())
                .setMissing(List.of())
                .setStatistics(List.of())
                .setClosedBy(ClosedBy.COMPLETE)
                .setClosedAt(Instant.EPOCH)
                .build();
    }

    static TrainingMember member(String id, long policyVersion, double reward, int... tokens) {
        float[] behaviour = new float[tokens.length];
        Arrays.fill(behaviour, -1);
        return new TrainingMember(id, tokens, behaviour, -tokens.length, null, policyVersion, reward, Map.of(), false);
    }

    /** Gives these groups, epoch after epoch; null stands for nothing having arrived. */
    static GroupSource source(int epochs, TrainingGroup... groups) {
        Deque<Optional<TrainingGroup>> left = new ArrayDeque<>();
        for (int epoch = 0; epoch < epochs; epoch++) {
            for (TrainingGroup group : groups) {
                left.add(Optional.ofNullable(group));
            }
        }
        return new GroupSource() {
            private long given;

            @Override
            public Optional<TrainingGroup> next(Duration wait) {
                Optional<TrainingGroup> next = left.remove();
                given += next.isPresent() ? 1 : 0;
                return next;
            }

            @Override
            public long epoch() {
                return epochs == 1 ? 0 : given / groups.length;
            }

            @Override
            public boolean ended() {
                return left.isEmpty();
            }

            @Override
            public boolean betweenEpochs() {
                return epochs > 1 && given % groups.length == 0;
            }

            @Override
            public void close() {
                left.clear();
            }
        };
    }
}
