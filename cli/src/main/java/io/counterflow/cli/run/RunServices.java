package io.counterflow.cli.run;

import io.counterflow.cli.progress.Stages;
import io.counterflow.log.Log;
import io.counterflow.producer.ProducerListener;
import io.counterflow.producer.ProducerService;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.service.ScoringListener;
import io.counterflow.scorer.service.ScoringService;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.metrics.StepRecorder;
import io.counterflow.trainer.step.StepOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** The three services of a run, and the assembler, in this process: all at the same time, talking through the log alone. One thread uses it. */
public final class RunServices implements AutoCloseable {

    private final Log log;
    private final RunConfig config;
    private final InstantSource clock;
    private final ServiceThreads threads = new ServiceThreads();
    private final AtomicLong evaluationGroupsSampled = new AtomicLong();
    private final AtomicLong evaluationGroupsScored = new AtomicLong();
    private CompletableFuture<Void> producing;

    /** @param access stays the caller's */
    public RunServices(LogAccess access, RunConfig config, InstantSource clock) {
        this.log = access.log();
        threads.failWith(access.failure());
        this.config = config;
        this.clock = clock;
    }

    /** Starts all services and returns when the trainer has ended. */
    public void train(Stages stages) throws InterruptedException {
        String runId = config.trainer().runId();
        AssemblerService assembler = new AssemblerService(log, config.assembler(), new AssemblerListener() {
            @Override
            public void closed(ScoredGroup group) {
                count(group);
            }

            @Override
            public void givenUp(ScoredGroup group, String cause) {
                count(group);
            }

            private void count(ScoredGroup group) {
                if (group.getPurpose() == Purpose.EVALUATION && group.getRunId().equals(runId)) {
                    evaluationGroupsScored.incrementAndGet();
                }
            }
        });
        threads.start("assembler", ServiceThreads.unchecked(assembler::run), assembler);
        ScoringService scoring = scoring();
        threads.start("reward-scorer", ServiceThreads.unchecked(scoring::run), scoring);
        ProducerService producer = new ProducerService(log, config.producer(), clock, new ProducerListener() {
            @Override
            public void groupsPublished(Purpose purpose, int groups, int completions, long policyVersion) {
                if (purpose == Purpose.EVALUATION) {
                    evaluationGroupsSampled.addAndGet(groups);
                }
            }
        });
        producing = threads.start("producer", producer::run, producer);
        Long steps = config.trainer().steps();
        try (TrainingProgress progress = new TrainingProgress(stages, steps == null ? 0 : steps)) {
            TrainerService trainer = new TrainerService(log, config.trainer(), clock, progress, StepRecorder.none());
            threads.await(threads.start("trainer", trainer::run, trainer));
        }
    }

    /** Returns when the producer has sampled the last policy's evaluation and all of it is scored, or the time is over. */
    public void awaitEvaluations(Stages stages, Duration atMost) throws InterruptedException {
        long until = clock.millis() + atMost.toMillis();
        try (Stages.Bar bar = stages.start("evaluation: held-out prompts, through the log", 0)) {
            threads.await(producing);
            while (evaluationGroupsScored.get() < evaluationGroupsSampled.get() && clock.millis() < until) {
                threads.check();
                bar.at(evaluationGroupsScored.get(), "");
                Thread.sleep(50);
            }
            bar.at(evaluationGroupsScored.get(), "groups scored");
        }
    }

    @Override
    public void close() {
        threads.close();
    }

    private ScoringService scoring() {
        try {
            return new ScoringService(log, config.scoring(), ScoringListener.NONE);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot load the scorers of " + config.scoring().plugins(), e);
        }
    }

    /** Shows the trainer's steps. */
    private static final class TrainingProgress implements TrainerListener, AutoCloseable {
        private final Stages.Bar bar;
        private double reward = Double.NaN;

        private TrainingProgress(Stages stages, long steps) {
            bar = stages.start("training: producer, scorer, assembler and trainer at the same time", steps);
        }

        @Override
        public void stepApplied(long step, StepOutcome outcome, boolean again) {
            double now = outcome.metrics().getOrDefault("reward.mean", Double.NaN);
            reward = Double.isNaN(reward) ? now : reward + (now - reward) / 5;
            bar.at(
                    step,
                    String.format(
                            Locale.ROOT,
                            "reward %.2f  KL %.2f  staleness %.1f",
                            reward,
                            outcome.metrics().getOrDefault("kl", Double.NaN),
                            outcome.metrics().getOrDefault("staleness.mean", Double.NaN)));
        }

        @Override
        public void close() {
            bar.close();
        }
    }
}
