package io.counterflow.trainer;

import io.counterflow.log.Log;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import io.counterflow.trainer.batch.ArrivalSource;
import io.counterflow.trainer.batch.BatchPlanner;
import io.counterflow.trainer.batch.GroupAdmission;
import io.counterflow.trainer.batch.GroupFilter;
import io.counterflow.trainer.batch.GroupReader;
import io.counterflow.trainer.batch.GroupSource;
import io.counterflow.trainer.batch.PlannedBatch;
import io.counterflow.trainer.batch.RunRecipe;
import io.counterflow.trainer.batch.ShuffledSource;
import io.counterflow.trainer.batch.SourceMode;
import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.checkpoint.Checkpoint;
import io.counterflow.trainer.checkpoint.CheckpointException;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.ledger.LedgerWriter;
import io.counterflow.trainer.metrics.RunMetrics;
import io.counterflow.trainer.metrics.StepRecorder;
import io.counterflow.trainer.objective.Requirement;
import io.counterflow.trainer.step.FileReferenceCache;
import io.counterflow.trainer.step.PolicyTraining;
import io.counterflow.trainer.step.ReferenceCache;
import io.counterflow.trainer.step.StepFailedException;
import io.counterflow.trainer.step.StepOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run between its first ledger entry and its last. Not thread-safe. */
final class TrainerRun implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TrainerRun.class);
    private static final Duration WAIT = Duration.ofMillis(200);

    private final Log log;
    private final RunDefinition definition;
    private final TrainerConfig config;
    private final LedgerWriter writer;
    private final RunLedger ledger;
    private final CheckpointFolder checkpoints;
    private final InstantSource clock;
    private final TrainerListener listener;
    private final RunMetrics metrics;
    private final GroupReader reader;
    private final ReferenceCache cache;
    private final LedgerEntries entries;
    private final RunProgress progress = new RunProgress();
    private final DivergenceWatch divergence = new DivergenceWatch();
    private final List<TrainingStep> unwritten = new ArrayList<>();
    private final RunRecipe recipe;
    private PolicyTraining training;
    private Checkpoint newest;
    private long step;

    TrainerRun(
            Log log,
            RunDefinition definition,
            LedgerWriter writer,
            RunLedger ledger,
            CheckpointFolder checkpoints,
            InstantSource clock,
            TrainerListener listener,
            StepRecorder recorder) {
        this.log = log;
        this.definition = definition;
        this.config = definition.config();
        this.writer = writer;
        this.ledger = ledger;
        this.checkpoints = checkpoints;
        this.clock = clock;
        this.listener = listener;
        this.entries = new LedgerEntries(config.runId(), clock);
        this.recipe = RunRecipe.of(ledger, this::anotherRecipe);
        this.metrics = new RunMetrics(config.runFolder(), clock, recorder);
        this.reader = new GroupReader(log, config.source().topicName(log), GroupReader.DEFAULT_KEEP);
        this.cache = config.source().epochs() > 1
                ? new FileReferenceCache(
                        config.runFolder().resolve("reference.cache"), definition.configurationSha256() + " by token")
                : ReferenceCache.none();
    }

    /** Brings the policy to where the ledger is. */
    void restore() {
        checkpoints.clearUnfinished();
        PolicyLoader loader = new PolicyLoader(definition, cache);
        Optional<Checkpoint> found = checkpoints.newest(this::refused);
        training = found.map(loader::at).orElseGet(loader::initial);
        if (found.isPresent()) {
            newest = found.get();
            step = newest.step();
        }
        listener.started(config.runId(), step, definition.totalSteps());
        LOG.atInfo()
                .addKeyValue("run", config.runId())
                .addKeyValue("step", step)
                .addKeyValue("planned", ledger.lastPlanned())
                .log(step == 0 && ledger.lastPlanned() == 0 ? "the run begins" : "the run goes on");
        metrics.open(step);
        if (step > ledger.lastPlanned()) {
            throw new CheckpointException("checkpoint " + newest.folder() + " is of step " + step
                    + ", but the ledger ends at step " + ledger.lastPlanned()
                    + ": it belongs to another run or another cluster");
        }
        ledger.planned().forEach((planned, plan) -> {
            progress.add(plan);
            if (planned == step && newest != null) {
                announceIfUnwritten();
            } else if (planned > step) {
                List<TrainingGroup> groups = reader.read(plan.getGroups());
                step = planned;
                finish(plan, groups, true);
            }
        });
    }

    private void anotherRecipe(String remark) {
        LOG.atWarn().addKeyValue("run", config.runId()).log(remark);
        listener.anotherRecipe(remark);
    }

    private void refused(String reason) {
        LOG.warn(reason);
        listener.checkpointRefused(reason);
    }

    /** A crash fell between a checkpoint and its ledger entry. */
    private void announceIfUnwritten() {
        if (ledger.applied().containsKey(step)) {
            return;
        }
        try {
            TrainerState state = TrainerState.read(newest.folder());
            unwritten.add(entries.of(step, entries.withCheckpoint(entries.applied(state.outcome()), newest)));
            if (step < definition.totalSteps()) {
                announce(state.weightsSha256());
            }
        } catch (IOException e) {
            throw new CheckpointException("checkpoint " + newest.folder() + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Decides and applies steps until the run is over or is to stop. */
    void advance(BooleanSupplier stopping) {
        try (GroupSource source = source()) {
            BatchPlanner planner = new BatchPlanner(
                    source,
                    admission(),
                    config.source().mode() == SourceMode.OFFLINE ? null : progress.seen(),
                    config.batch().groups());
            while (step < definition.totalSteps() && !planner.exhausted()) {
                Optional<PlannedBatch> batch = planner.collect(step + 1, WAIT);
                if (stopping.getAsBoolean()) {
                    write(List.of());
                    return;
                }
                if (batch.isPresent()) {
                    decide(batch.get());
                } else {
                    write(List.of());
                }
            }
        }
        end();
    }

    private GroupSource source() {
        GroupFilter filter = GroupFilter.of(config.source(), config.runId());
        if (config.source().mode() != SourceMode.OFFLINE) {
            return new ArrivalSource(
                    log, config.source().topicName(log), progress.remaining(definition.ranges()), filter);
        }
        ShuffledSource source = new ShuffledSource(
                reader,
                definition.ranges(),
                filter,
                config.source().shuffle(),
                config.seed(),
                config.source().epochs(),
                config.batch().groups(),
                progress.used());
        LOG.atInfo()
                .addKeyValue("run", config.runId())
                .addKeyValue("groups", source.size())
                .addKeyValue("duplicates", source.duplicates())
                .log("the range was read");
        return source;
    }

    private GroupAdmission admission() {
        return new GroupAdmission(
                config.runId(),
                training.policy().config().vocabularySize(),
                training.policy().config().maxPositions(),
                config.objective().objective().requirements().contains(Requirement.BEHAVIOUR_TOKENS),
                config.source().maxStaleness(),
                recipe);
    }

    private void decide(PlannedBatch batch) {
        step++;
        StepPlanned plan = StepPlanned.newBuilder()
                .setGroups(batch.groups().stream()
                        .map(TrainingGroup::ledgerPosition)
                        .toList())
                .setSetAside(batch.setAside())
                .setEpoch(batch.epoch())
                .setSeed(new SplittableRandom(config.seed() * 31 + step).nextLong())
                .setLearningRate(config.optimizer().learningRateAt(step, definition.totalSteps()))
                .setRecipeSha256(recipe.sha256().orElse(null))
                .setPlannedAt(clock.instant())
                .build();
        ledger.requireNotUsed(plan);
        unwritten.add(entries.of(step, plan));
        List<Long> offsets = write(List.of());
        ledger.fold(entries.of(step, plan), offsets.get(offsets.size() - 1));
        progress.add(plan);
        listener.stepPlanned(step, plan.getGroups().size(), plan.getSetAside().size());
        finish(plan, batch.groups(), false);
    }

    /** Applies a step that stands in the ledger and writes down what came of it. */
    private void finish(StepPlanned plan, List<TrainingGroup> groups, boolean again) {
        StepOutcome outcome = training.apply(step, plan.getSeed(), plan.getLearningRate(), groups);
        StepApplied before = ledger.applied().get(step);
        StepApplied now = entries.applied(outcome);
        if (before == null) {
            unwritten.add(entries.of(step, now));
        } else if (!RunLedger.sameOutcome(before, now)) {
            throw new StepFailedException("step " + step + " came out differently from the first time: loss "
                    + now.getLoss() + " where the ledger says " + before.getLoss()
                    + ". The run cannot be continued to the same bytes here; was it begun on another kind of machine,"
                    + " or by another version?");
        }
        metrics.record(step, plan, outcome);
        listener.stepApplied(step, outcome, again);
        divergence.check(config.abort(), step, outcome);
        if (saves(step)) {
            String weightsSha256 = save(outcome);
            if (before == null) {
                unwritten.set(unwritten.size() - 1, entries.of(step, entries.withCheckpoint(now, newest)));
                if (step < definition.totalSteps()) {
                    announce(weightsSha256);
                }
            }
        }
    }

    private boolean saves(long step) {
        return step % config.checkpoint().every() == 0 || evaluates(step) || step == definition.totalSteps();
    }

    private boolean evaluates(long step) {
        return config.evaluateEvery() > 0 && step % config.evaluateEvery() == 0;
    }

    private String save(StepOutcome outcome) {
        String weightsSha256 = training.weightsSha256();
        String previous = newest == null ? null : newest.sha256();
        TrainerState state = new TrainerState(
                config.runId(),
                step,
                definition.configurationSha256(),
                definition.initialWeightsSha256(),
                weightsSha256,
                config.seed(),
                progress.positions(),
                progress.used(),
                ledger.plannedOffset(step),
                previous,
                outcome.loss(),
                outcome.gradientNorm(),
                new TreeMap<>(outcome.metrics()));
        // The folder that the policy was loaded from may have been pruned since; the newest checkpoint never is.
        Path companions = newest == null ? PolicyLoader.modelFolder(config) : newest.folder();
        newest = checkpoints.write(step, previous, folder -> {
            training.save(folder);
            if (config.lora() == null) {
                CheckpointWriter.copyCompanions(companions, folder);
            }
            state.write(folder);
        });
        checkpoints.prune(config.checkpoint().keepLast(), config.checkpoint().keepEvery(), config.evaluateEvery());
        listener.checkpointWritten(step, newest.folder());
        return weightsSha256;
    }

    /** A policy is announced together with its step's outcome, so the ledger tells whether it was. */
    private void announce(String weightsSha256) {
        write(List.of(entries.policy(step, newest, weightsSha256, evaluates(step), false)));
    }

    private void end() {
        if (newest == null || newest.step() != step) {
            save(lastOutcome());
        }
        try {
            String weightsSha256 = TrainerState.read(newest.folder()).weightsSha256();
            unwritten.add(entries.of(step, entries.ended(newest, weightsSha256)));
            write(List.of(entries.policy(step, newest, weightsSha256, true, true)));
            LOG.atInfo()
                    .addKeyValue("run", config.runId())
                    .addKeyValue("step", step)
                    .addKeyValue("weights", weightsSha256)
                    .addKeyValue("checkpoint", newest.folder())
                    .log("the run has ended");
            listener.ended(step, weightsSha256, newest.folder());
        } catch (IOException e) {
            throw new CheckpointException("checkpoint " + newest.folder() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private StepOutcome lastOutcome() {
        return Optional.ofNullable(ledger.applied().get(step))
                .map(a -> new StepOutcome(a.getLoss(), a.getGradientNorm(), a.getMetrics()))
                .orElseThrow(() ->
                        new StepFailedException("the source ended before the first step: every group was set aside"));
    }

    /** Writes what is due in one transaction; does nothing where nothing is. */
    private List<Long> write(List<PolicyVersion> policies) {
        if (unwritten.isEmpty() && policies.isEmpty()) {
            return List.of();
        }
        List<Long> offsets = writer.append(unwritten, policies);
        for (int i = 0; i < unwritten.size(); i++) {
            if (unwritten.get(i).getEntry() instanceof StepApplied) {
                ledger.fold(unwritten.get(i), offsets.get(i));
            }
        }
        unwritten.clear();
        policies.forEach(listener::policyPublished);
        return offsets;
    }

    @Override
    public void close() {
        metrics.close();
        reader.close();
        cache.close();
        if (training != null) {
            training.close();
        }
    }
}
