package io.counterflow.log;

import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.MissingMember;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.RunEnded;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.Sampling;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoreStatistics;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.SetAside;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/** One record of every kind with every field set, always the same. */
public final class RecordSamples {

    private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_000L);

    private RecordSamples() {}

    /** All of them. */
    public static List<SpecificRecord> all() {
        return List.of(
                prompt(),
                completion(),
                score(),
                scoredGroup(),
                runStarted(),
                stepPlanned(),
                stepApplied(),
                runEnded(),
                policyVersion(),
                deadLetter());
    }

    public static Prompt prompt() {
        return Prompt.newBuilder()
                .setPromptId("p1")
                .setTask("programs")
                .setSplit("train")
                .setText("a plus b")
                .setMessages(null)
                .setMetadata(Map.of("language", "java"))
                .setCreatedAt(TIME)
                .build();
    }

    public static Completion completion() {
        return Completion.newBuilder()
                .setCompletionId("c1")
                .setGroupId("g1")
                .setPromptId("p1")
                .setRunId("r1")
                .setPurpose(Purpose.EVALUATION)
                .setPass(2)
                .setPosition(7)
                .setIndexInGroup(1)
                .setGroupSize(4)
                .setPrompt(prompt())
                .setPromptTokenIds(List.of(1, 5))
                .setText("a + b")
                .setTokenIds(List.of(6, 300, 2))
                .setLogProbability(-1.75)
                .setTokenLogProbabilities(List.of(-0.5f, -1.0f, -0.25f))
                .setPolicyVersion(42)
                .setPolicySha256("ab")
                .setSampling(Sampling.newBuilder()
                        .setTemperature(1)
                        .setTopK(0)
                        .setTopP(1)
                        .setRepetitionPenalty(1)
                        .setMaxTokens(16)
                        .setSeed(-9)
                        .build())
                .setFinishReason(FinishReason.LENGTH)
                .setStartedAt(TIME)
                .setFinishedAt(TIME.plusMillis(20))
                .build();
    }

    public static Score score() {
        return Score.newBuilder()
                .setCompletionId("c1")
                .setGroupId("g1")
                .setPromptId("p1")
                .setRunId("r1")
                .setScorer("unit-tests")
                .setScorerVersion("1")
                .setOutcome(Outcome.SCORED)
                .setValue(0.5)
                .setCause(null)
                .setComponents(Map.of("passed", 2.0))
                .setDetails(Map.of("stderr", "none"))
                .setDurationMicros(1500)
                .setScoredAt(TIME)
                .build();
    }

    /** As version 1 of the schema has it. */
    static ScoredGroup firstScoredGroup() {
        return ScoredGroup.newBuilder(scoredGroup())
                .setRecipeJson(null)
                .setStatistics(List.of())
                .build();
    }

    public static ScoredGroup scoredGroup() {
        return ScoredGroup.newBuilder()
                .setGroupId("g1")
                .setPromptId("p1")
                .setRunId("r1")
                .setPurpose(Purpose.TRAINING)
                .setRecipe("tests")
                .setRecipeSha256("cd")
                .setPrompt(prompt())
                .setPromptTokenIds(List.of(1, 5))
                .setGroupSize(4)
                .setMembers(List.of(GroupMember.newBuilder()
                        .setCompletionId("c1")
                        .setIndexInGroup(1)
                        .setText("a + b")
                        .setTokenIds(List.of(6, 300, 2))
                        .setLogProbability(-1.75)
                        .setTokenLogProbabilities(List.of(-0.5f, -1.0f, -0.25f))
                        .setReferenceLogProbability(-2.0)
                        .setPolicyVersion(42)
                        .setFinishReason(FinishReason.STOP)
                        .setSampledAt(TIME)
                        .setReward(0.5)
                        .setScores(List.of(score()))
                        .build()))
                .setMissing(List.of(MissingMember.newBuilder()
                        .setCompletionId("c2")
                        .setIndexInGroup(2)
                        .setCause("timed out")
                        .build()))
                .setClosedBy(ClosedBy.TIME_LIMIT)
                .setClosedAt(TIME)
                .setRecipeJson("{}")
                .setStatistics(List.of(ScoreStatistics.newBuilder()
                        .setScorer("unit-tests")
                        .setScorerVersion("1")
                        .setCount(2)
                        .setMean(0.5)
                        .setSquares(0.125)
                        .build()))
                .build();
    }

    public static TrainingStep runStarted() {
        return step(
                0,
                RunStarted.newBuilder()
                        .setSourceTopic("scored-groups")
                        .setConfiguration("{}")
                        .setConfigurationSha256("ef")
                        .setInitialCheckpoint("file:///base")
                        .setInitialWeightsSha256("01")
                        .setSoftwareVersion("0.1.0")
                        .setStartedAt(TIME)
                        .build());
    }

    public static TrainingStep stepPlanned() {
        return step(
                3,
                StepPlanned.newBuilder()
                        .setGroups(List.of(position(2, 300, "g1"), position(0, 1, "g2")))
                        .setSetAside(List.of(SetAside.newBuilder()
                                .setPosition(position(1, 2, "g3"))
                                .setCause("too old")
                                .build()))
                        .setEpoch(1)
                        .setSeed(11)
                        .setLearningRate(5e-4)
                        .setPlannedAt(TIME)
                        .build());
    }

    public static TrainingStep stepApplied() {
        return step(
                3,
                StepApplied.newBuilder()
                        .setLoss(0.25)
                        .setGradientNorm(1.5)
                        .setMetrics(Map.of("reward", 0.75))
                        .setAppliedAt(TIME)
                        .build());
    }

    public static TrainingStep runEnded() {
        return step(
                3,
                RunEnded.newBuilder()
                        .setCheckpoint("file:///last")
                        .setWeightsSha256("02")
                        .setEndedAt(TIME)
                        .build());
    }

    private static GroupPosition position(int partition, long offset, String groupId) {
        return GroupPosition.newBuilder()
                .setPartition(partition)
                .setOffset(offset)
                .setGroupId(groupId)
                .build();
    }

    private static TrainingStep step(long step, Object entry) {
        return TrainingStep.newBuilder()
                .setRunId("r1")
                .setStep(step)
                .setEntry(entry)
                .build();
    }

    public static PolicyVersion policyVersion() {
        return PolicyVersion.newBuilder()
                .setRunId("r1")
                .setVersion(42)
                .setLocation("file:///c/42")
                .setWeightsSha256("ab")
                .setEvaluate(true)
                .setLast(false)
                .setPublishedAt(TIME)
                .build();
    }

    public static DeadLetter deadLetter() {
        return DeadLetter.newBuilder()
                .setTopic("completions")
                .setPartition(3)
                .setOffset(99)
                .setKey(ByteBuffer.wrap(new byte[] {'p', '1'}))
                .setValue(ByteBuffer.wrap(new byte[] {0, 1, 2}))
                .setComponent("unit-tests@1")
                .setCause("crashed")
                .setFailedAt(TIME)
                .build();
    }
}
