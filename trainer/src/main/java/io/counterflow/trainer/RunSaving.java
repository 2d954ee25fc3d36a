package io.counterflow.trainer;

import io.counterflow.log.ledger.RunLedger;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.trainer.checkpoint.Checkpoint;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.checkpoint.RunCheckpointException;
import io.counterflow.trainer.step.PolicyTraining;
import io.counterflow.trainer.step.StepOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** When a run is saved, with what, and which of its checkpoints is the newest. Not thread-safe. */
final class RunSaving {

    private final RunDefinition definition;
    private final TrainerConfig config;
    private final RunLedger ledger;
    private final CheckpointFolder checkpoints;
    private final TrainerListener listener;
    private Optional<Checkpoint> newest = Optional.empty();

    RunSaving(RunDefinition definition, RunLedger ledger, CheckpointFolder checkpoints, TrainerListener listener) {
        this.definition = definition;
        this.config = definition.config();
        this.ledger = ledger;
        this.checkpoints = checkpoints;
        this.listener = listener;
    }

    /**
     * The checkpoint that the run goes on from: the newest that has its hashes. What an earlier trainer left half-written is cleared away.
     *
     * @param refused is told why, for each that was passed over
     */
    Optional<Checkpoint> find(Consumer<String> refused) {
        checkpoints.clearUnfinished();
        newest = checkpoints.newest(refused);
        return newest;
    }

    /** The newest checkpoint; empty before the first. */
    Optional<Checkpoint> newest() {
        return newest;
    }

    /** Whether the run is saved after this step. */
    boolean isDue(long step) {
        return step % config.checkpoint().every() == 0 || evaluates(step) || step == definition.totalSteps();
    }

    /** Whether held-out prompts are sampled from the policy of this step. */
    boolean evaluates(long step) {
        return config.evaluateEvery() > 0 && step % config.evaluateEvery() == 0;
    }

    /**
     * Saves the policy as it is after a step, and lets go of checkpoints that are not to be kept.
     *
     * @return what its state says, the hash of its weights among it
     */
    TrainerState save(long step, PolicyTraining training, StepOutcome outcome, RunProgress progress) {
        String previous = newest.map(Checkpoint::sha256).orElse(null);
        TrainerState state = new TrainerState(
                config.runId(),
                step,
                definition.configurationSha256(),
                definition.initialWeightsSha256(),
                training.weightsSha256(),
                config.seed(),
                progress.positions(),
                progress.used(),
                ledger.plannedOffset(step),
                previous,
                outcome.loss(),
                outcome.gradientNorm(),
                new TreeMap<>(outcome.metrics()));
        // The folder that the policy was loaded from may have been pruned since; the newest checkpoint never is.
        Path companions = newest.map(Checkpoint::folder).orElseGet(() -> PolicyLoader.modelFolder(config));
        Checkpoint written = checkpoints.write(step, previous, folder -> {
            training.save(folder);
            if (config.lora() == null) {
                CheckpointWriter.copyCompanions(companions, folder);
            }
            state.write(folder);
        });
        newest = Optional.of(written);
        checkpoints.prune(config.checkpoint().keepLast(), config.checkpoint().keepEvery(), config.evaluateEvery());
        listener.checkpointWritten(step, written.folder());
        return state;
    }

    /**
     * What the newest checkpoint says of itself.
     *
     * @throws RunCheckpointException where it cannot be read
     */
    TrainerState state() {
        Path folder = newest.orElseThrow().folder();
        try {
            return TrainerState.read(folder);
        } catch (IOException e) {
            throw new RunCheckpointException("checkpoint " + folder + " cannot be read: " + e.getMessage(), e);
        }
    }
}
