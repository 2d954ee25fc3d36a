package io.counterflow.trainer;

import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.RunEnded;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.TrainingStep;
import io.counterflow.trainer.checkpoint.Checkpoint;
import io.counterflow.trainer.step.StepOutcome;
import java.time.InstantSource;
import java.util.TreeMap;

/** The words in which a run says to the log what it did. Thread-safe. */
final class LedgerEntries {

    private final String runId;
    private final InstantSource clock;

    LedgerEntries(String runId, InstantSource clock) {
        this.runId = runId;
        this.clock = clock;
    }

    TrainingStep of(long step, Object content) {
        return TrainingStep.newBuilder()
                .setRunId(runId)
                .setStep(step)
                .setEntry(content)
                .build();
    }

    StepApplied applied(StepOutcome outcome) {
        return StepApplied.newBuilder()
                .setLoss(outcome.loss())
                .setGradientNorm(outcome.gradientNorm())
                .setMetrics(new TreeMap<>(outcome.metrics()))
                .setAppliedAt(clock.instant())
                .build();
    }

    /** The outcome of the step that a checkpoint is of, with the hash by which an audit knows that checkpoint again. */
    StepApplied withCheckpoint(StepApplied outcome, Checkpoint checkpoint) {
        return StepApplied.newBuilder(outcome)
                .setCheckpointSha256(checkpoint.sha256())
                .build();
    }

    RunEnded ended(Checkpoint checkpoint, String weightsSha256) {
        return RunEnded.newBuilder()
                .setCheckpoint(location(checkpoint))
                .setWeightsSha256(weightsSha256)
                .setCheckpointSha256(checkpoint.sha256())
                .setEndedAt(clock.instant())
                .build();
    }

    /**
     * What producers are told.
     *
     * @param version step that the checkpoint is of
     * @param evaluate whether held-out prompts are to be sampled from it
     * @param last whether the run has ended with it
     */
    PolicyVersion policy(long version, Checkpoint checkpoint, String weightsSha256, boolean evaluate, boolean last) {
        return PolicyVersion.newBuilder()
                .setRunId(runId)
                .setVersion(version)
                .setLocation(location(checkpoint))
                .setWeightsSha256(weightsSha256)
                .setEvaluate(evaluate)
                .setLast(last)
                .setPublishedAt(clock.instant())
                .build();
    }

    private static String location(Checkpoint checkpoint) {
        return checkpoint.folder().toUri().toString();
    }
}
