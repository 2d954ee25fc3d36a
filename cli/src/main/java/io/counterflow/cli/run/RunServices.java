package io.counterflow.cli.run;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.metrics.PrometheusEndpoint;
import io.counterflow.cli.metrics.ServiceMeters;
import io.counterflow.cli.progress.Stages;
import io.counterflow.log.Log;
import io.counterflow.producer.ProducerListener;
import io.counterflow.producer.ProducerService;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.service.ScoringService;
import io.counterflow.trainer.TrainerService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** The three services of a run, and the assembler, in this process: all at the same time, talking through the log alone. One thread uses it. */
public final class RunServices implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(50);

    private final Log log;
    private final RunConfig config;
    private final InstantSource clock;
    private final Consumer<String> remarks;
    private final ServiceThreads threads = new ServiceThreads();
    private final AtomicLong trainingGroupsSampled = new AtomicLong();
    private final AtomicLong evaluationGroupsClosed = new AtomicLong();
    private final PrometheusEndpoint endpoint;
    private final ServiceMeters meters;
    private CompletableFuture<Void> producing;

    /**
     * @param access stays the caller's
     * @param remarks takes lines for the person who waits; called from several threads
     */
    public RunServices(LogAccess access, RunConfig config, InstantSource clock, Consumer<String> remarks) {
        this.log = access.log();
        threads.failWith(access.failure());
        this.config = config;
        this.clock = clock;
        this.remarks = remarks;
        this.endpoint = PrometheusEndpoint.start(config.metrics());
        this.meters = new ServiceMeters(endpoint.registry());
    }

    /** Starts scorers and assembler. */
    public void startScoring() {
        String runId = config.trainer().runId();
        AssemblerService assembler =
                new AssemblerService(log, config.assembler(), meters.assembler(new AssemblerListener() {
                    @Override
                    public void closed(ScoredGroup group) {
                        count(group);
                    }

                    @Override
                    public void givenUp(ScoredGroup group, String cause) {
                        count(group);
                    }

                    private void count(ScoredGroup group) {
                        if (group.getPurpose() == Purpose.EVALUATION
                                && group.getRunId().equals(runId)) {
                            evaluationGroupsClosed.incrementAndGet();
                        }
                    }
                }));
        var unusedAssembler = threads.start("assembler", ServiceThreads.unchecked(assembler::run), assembler);
        ScoringService scoring = scoring();
        var unusedScorer = threads.start("reward-scorer", ServiceThreads.unchecked(scoring::run), scoring);
    }

    /** Starts the producer. */
    public void startProducer() {
        ProducerListener counting = new ProducerListener() {
            @Override
            public void groupsPublished(Purpose purpose, int groups, int completions, long policyVersion) {
                if (purpose == Purpose.TRAINING) {
                    trainingGroupsSampled.addAndGet(groups);
                }
            }
        };
        ProducerService producer = new ProducerService(
                log, config.producer(), clock, meters.producer(config.producer().runId(), counting));
        producing = threads.start("producer", producer::run, producer);
    }

    /** Returns when the trainer has ended. */
    public void train(Stages stages, String what) throws InterruptedException {
        try (TrainingProgress progress = new TrainingProgress(stages, what)) {
            TrainerService trainer = new TrainerService(
                    log,
                    config.trainer(),
                    clock,
                    progress,
                    meters.trainer(config.trainer().runId()));
            threads.await(threads.start("trainer", trainer::run, trainer));
            if (!progress.started()) {
                stages.done("training: done before");
            }
        }
    }

    /** Returns when the producer has gone through its prompts. */
    public void awaitSamples(Stages stages) throws InterruptedException {
        try (Stages.Bar bar = stages.start("sampling: producer, scorer and assembler at the same time", 0)) {
            while (!producing.isDone()) {
                threads.check();
                bar.at(trainingGroupsSampled.get(), "groups");
                Thread.sleep(POLL.toMillis());
            }
            threads.await(producing);
            bar.at(trainingGroupsSampled.get(), "groups");
        }
    }

    /**
     * Returns when every group that the log holds of the runs that are learned from has been closed or given up under the recipe: at once where that
     * was done before.
     *
     * @param runs by id; none stands for all
     */
    public void awaitScores(Stages stages, Collection<String> runs) throws InterruptedException {
        try (OpenGroups open = new OpenGroups(log, config.assembler().recipe(), runs, Purpose.TRAINING)) {
            long all = open.left();
            if (all == 0) {
                return;
            }
            try (Stages.Bar bar = stages.aside(
                    "scores: groups of the log that recipe "
                            + config.assembler().recipe().name() + " has not rewarded yet",
                    all)) {
                for (long left = all; left > 0; left = open.left()) {
                    threads.check();
                    bar.at(all - left, "groups");
                    Thread.sleep(POLL.toMillis());
                }
                bar.at(all, "groups");
            }
        }
    }

    /** Returns when the producer has sampled the last policy's evaluation and all of it is scored, or the time is over. */
    public void awaitEvaluations(Stages stages, Duration atMost) throws InterruptedException {
        long until = clock.millis() + atMost.toMillis();
        try (Stages.Bar bar = stages.start("evaluation: held-out prompts, through the log", 0)) {
            threads.await(producing);
            // Those of an earlier start, too.
            try (OpenGroups open = new OpenGroups(
                    log, config.assembler().recipe(), List.of(config.trainer().runId()), Purpose.EVALUATION)) {
                for (long left = open.left(); left > 0 && clock.millis() < until; left = open.left()) {
                    threads.check();
                    bar.at(evaluationGroupsClosed.get(), "");
                    Thread.sleep(POLL.toMillis());
                }
                bar.at(evaluationGroupsClosed.get(), open.shown());
            }
        }
    }

    @Override
    public void close() {
        threads.close();
        endpoint.close();
    }

    private ScoringService scoring() {
        try {
            return new ScoringService(log, config.scoring(), meters.scoring(new ScorerTroubles(remarks)));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot load the scorers of " + config.scoring().plugins(), e);
        }
    }
}
