package io.counterflow.trainer;

import io.counterflow.schemas.PolicyVersion;
import io.counterflow.trainer.step.StepOutcome;
import java.nio.file.Path;

/** Is told how a run goes, on the trainer's thread. */
public interface TrainerListener {

    /**
     * The run begins or goes on.
     *
     * @param step optimizer steps that the policy has taken so far
     * @param totalSteps steps it will take; {@link Long#MAX_VALUE} where that is open
     */
    default void started(String runId, long step, long totalSteps) {}

    /** A batch stands in the ledger and is about to be applied. */
    default void stepPlanned(long step, int groups, int setAside) {}

    /**
     * A step was applied.
     *
     * @param again whether it had been decided before the trainer was started
     */
    default void stepApplied(long step, StepOutcome outcome, boolean again) {}

    /** A checkpoint is durable. */
    default void checkpointWritten(long step, Path folder) {}

    /** A policy was announced. */
    default void policyPublished(PolicyVersion policy) {}

    /** A checkpoint on disk cannot be used; the one before it is. */
    default void checkpointRefused(String reason) {}

    /** Groups of another recipe than the run's are being set aside; said once for each such recipe. */
    default void anotherRecipe(String remark) {}

    /** The run has come to its end. */
    default void ended(long step, String weightsSha256, Path checkpoint) {}

    /** Listens to nothing. */
    static TrainerListener none() {
        return new TrainerListener() {};
    }
}
