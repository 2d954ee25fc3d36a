package io.counterflow.trainer.replay;

import io.counterflow.log.Log;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.model.ComputeEnvironment;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.trainer.PolicyLoader;
import io.counterflow.trainer.RunDefinition;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.TrainerState;
import io.counterflow.trainer.batch.GroupReader;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.step.PolicyTraining;
import io.counterflow.trainer.step.ReferenceCache;
import io.counterflow.trainer.step.StepOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/**
 * Trains a run again from its ledger and the scored groups, without producer or scorer: the same steps with the same
 * groups in the same order, whether the run was offline or near-online.
 */
public final class Replay {

    private final Log log;
    private final ReplayRequest request;
    private final TrainerListener listener;

    /** @param listener is told of every step */
    public Replay(Log log, ReplayRequest request, TrainerListener listener) {
        this.log = Objects.requireNonNull(log, "log");
        this.request = Objects.requireNonNull(request, "request");
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    /** Replays all of it. */
    public ReplayResult run() {
        return run(() -> false);
    }

    /**
     * Replays until the requested step or until it is to stop.
     *
     * @throws io.counterflow.log.ledger.LedgerException for a run that is not there
     * @throws io.counterflow.log.LogException where groups are not in the log any more
     * @throws IllegalArgumentException where the initial policy is not where it was, or not what it was
     */
    public ReplayResult run(BooleanSupplier stopping) {
        RunLedger ledger = new LedgerReader(log).require(request.runId());
        RunDefinition definition = definition(ledger.started().orElseThrow());
        long last = request.until() == null ? ledger.lastPlanned() : request.until();
        if (last > ledger.lastPlanned()) {
            throw new IllegalArgumentException("run " + request.runId() + " has " + ledger.lastPlanned()
                    + " steps in its ledger, but step " + last + " is asked for");
        }
        try (PolicyTraining training = new PolicyLoader(definition, ReferenceCache.none()).initial();
                GroupReader reader = new GroupReader(
                        log, ledger.started().orElseThrow().getSourceTopic(), GroupReader.DEFAULT_KEEP)) {
            listener.started(request.runId(), 0, last);
            OptionalLong firstDifference = OptionalLong.empty();
            long step = 0;
            for (Map.Entry<Long, StepPlanned> planned :
                    ledger.planned().headMap(last + 1).entrySet()) {
                if (stopping.getAsBoolean()) {
                    break;
                }
                step = planned.getKey();
                StepPlanned plan = planned.getValue();
                StepOutcome outcome =
                        training.apply(step, plan.getSeed(), plan.getLearningRate(), reader.read(plan.getGroups()));
                if (firstDifference.isEmpty() && differs(ledger.applied().get(step), outcome)) {
                    firstDifference = OptionalLong.of(step);
                }
                listener.stepApplied(step, outcome, true);
            }
            save(training);
            return new ReplayResult(
                    request.runId(),
                    step,
                    training.weightsSha256(),
                    expected(ledger, definition, step).orElse(null),
                    firstDifference,
                    ComputeEnvironment.of(ledger.started().orElseThrow().getEnvironment())
                            .differencesTo(ComputeEnvironment.here()));
        }
    }

    private RunDefinition definition(RunStarted started) {
        Path model = request.model() == null ? Path.of(started.getInitialCheckpoint()) : request.model();
        return RunDefinition.of(
                started, TrainerConfig.of(request.runId(), model).build());
    }

    private static boolean differs(StepApplied before, StepOutcome outcome) {
        return before != null
                && !RunLedger.sameOutcome(
                        before,
                        StepApplied.newBuilder()
                                .setLoss(outcome.loss())
                                .setGradientNorm(outcome.gradientNorm())
                                .setMetrics(outcome.metrics())
                                .setAppliedAt(before.getAppliedAt())
                                .build());
    }

    private Optional<String> expected(RunLedger ledger, RunDefinition definition, long step) {
        if (step == 0) {
            return Optional.of(definition.initialWeightsSha256());
        }
        if (ledger.ended().isPresent() && ledger.endedStep() == step) {
            return ledger.ended().map(ended -> ended.getWeightsSha256());
        }
        if (request.checkpoints() == null) {
            return Optional.empty();
        }
        return new CheckpointFolder(request.checkpoints()).of(step).map(checkpoint -> {
            try {
                return TrainerState.read(checkpoint.folder()).weightsSha256();
            } catch (IOException e) {
                throw new UncheckedIOException(checkpoint.folder() + " cannot be read", e);
            }
        });
    }

    private void save(PolicyTraining training) {
        if (request.output() == null) {
            return;
        }
        try {
            Files.createDirectories(request.output());
            training.save(request.output());
        } catch (IOException e) {
            throw new UncheckedIOException("the replayed policy cannot be written to " + request.output(), e);
        }
    }
}
