package io.counterflow.trainer;

import io.counterflow.log.Log;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.schemas.StepPlanned;
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
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.checkpoint.RunCheckpointException;
import io.counterflow.trainer.ledger.LedgerWriter;
import io.counterflow.trainer.metrics.RunMetrics;
import io.counterflow.trainer.metrics.StepRecorder;
import io.counterflow.trainer.objective.Requirement;
import io.counterflow.trainer.step.FileReferenceCache;
import io.counterflow.trainer.step.PolicyTraining;
import io.counterflow.trainer.step.ReferenceCache;
import io.counterflow.trainer.step.StepFailedException;
import io.counterflow.trainer.step.StepOutcome;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
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
    private final RunLedger ledger;
    private final InstantSource clock;
    private final TrainerListener listener;
    private final RunMetrics metrics;
    private final GroupReader reader;
    private final ReferenceCache cache;
    private final RunJournal journal;
    private final RunSaving saving;
    private final RunProgress progress = new RunProgress();
    private final DivergenceWatch divergence = new DivergenceWatch();
    private final RunRecipe recipe;
    private PolicyTraining training;
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
        this.ledger = ledger;
        this.clock = clock;
        this.listener = listener;
        this.journal = new RunJournal(new LedgerEntries(config.runId(), clock), writer, ledger, listener);
        this.saving = new RunSaving(definition, ledger, checkpoints, listener);
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
        PolicyLoader loader = new PolicyLoader(definition, cache);
        Optional<Checkpoint> found = saving.find(this::refused);
        training = found.map(loader::at).orElseGet(loader::initial);
        step = found.map(Checkpoint::step).orElse(0L);
        listener.started(config.runId(), step, definition.totalSteps());
        LOG.atInfo()
                .addKeyValue("run", config.runId())
                .addKeyValue("step", step)
                .addKeyValue("planned", ledger.lastPlanned())
                .log(step == 0 && ledger.lastPlanned() == 0 ? "the run begins" : "the run goes on");
        metrics.open(step);
        if (step > ledger.lastPlanned()) {
            throw new RunCheckpointException("checkpoint " + found.orElseThrow().folder() + " is of step " + step
                    + ", but the ledger ends at step " + ledger.lastPlanned()
                    + ": it belongs to another run or another cluster");
        }
        ledger.planned().forEach((planned, plan) -> {
            progress.add(plan);
            if (planned == step && saving.newest().isPresent()) {
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
        TrainerState state = saving.state();
        journal.note(step, state.outcome());
        journal.noteCheckpoint(step, saving.newest().orElseThrow());
        if (step < definition.totalSteps()) {
            announce(state);
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
                    journal.flush();
                    return;
                }
                if (batch.isPresent()) {
                    decide(batch.get());
                } else {
                    journal.flush();
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
        journal.decide(step, plan);
        progress.add(plan);
        listener.stepPlanned(step, plan.getGroups().size(), plan.getSetAside().size());
        finish(plan, batch.groups(), false);
    }

    /** Applies a step that stands in the ledger and writes down what came of it. */
    private void finish(StepPlanned plan, List<TrainingGroup> groups, boolean again) {
        StepOutcome outcome = training.apply(step, plan.getSeed(), plan.getLearningRate(), groups);
        boolean isNew = journal.note(step, outcome);
        metrics.record(step, plan, outcome);
        listener.stepApplied(step, outcome, again);
        divergence.check(config.abort(), step, outcome);
        if (saving.isDue(step)) {
            TrainerState state = saving.save(step, training, outcome, progress);
            if (isNew) {
                journal.noteCheckpoint(step, saving.newest().orElseThrow());
                if (step < definition.totalSteps()) {
                    announce(state);
                }
            }
        }
    }

    private void announce(TrainerState state) {
        journal.announce(step, saving.newest().orElseThrow(), state.weightsSha256(), saving.evaluates(step));
    }

    private void end() {
        if (saving.newest().map(Checkpoint::step).filter(saved -> saved == step).isEmpty()) {
            saving.save(step, training, lastOutcome(), progress);
        }
        String weightsSha256 = saving.state().weightsSha256();
        Checkpoint last = saving.newest().orElseThrow();
        journal.end(step, last, weightsSha256);
        LOG.atInfo()
                .addKeyValue("run", config.runId())
                .addKeyValue("step", step)
                .addKeyValue("weights", weightsSha256)
                .addKeyValue("checkpoint", last.folder())
                .log("the run has ended");
        listener.ended(step, weightsSha256, last.folder());
    }

    private StepOutcome lastOutcome() {
        return Optional.ofNullable(ledger.applied().get(step))
                .map(a -> new StepOutcome(a.getLoss(), a.getGradientNorm(), a.getMetrics()))
                .orElseThrow(() ->
                        new StepFailedException("the source ended before the first step: every group was set aside"));
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
