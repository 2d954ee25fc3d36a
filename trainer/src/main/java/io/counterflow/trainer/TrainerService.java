package io.counterflow.trainer;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.ledger.LedgerException;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.trainer.batch.UnfitLogException;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.checkpoint.RunCheckpointException;
import io.counterflow.trainer.checkpoint.RunLock;
import io.counterflow.trainer.ledger.LedgerWriter;
import io.counterflow.trainer.ledger.RunTakenOverException;
import io.counterflow.trainer.metrics.StepRecorder;
import io.counterflow.trainer.step.StepFailedException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains one run: decides batches from the log, writes each into the ledger before it is applied, saves checkpoints and
 * announces them as policies.
 *
 * <p>Stopped or killed at any moment and started again with the same run id, it ends with the weights, the optimizer
 * state and the ledger of a run that was never interrupted: it goes back to the newest checkpoint that has its hashes,
 * applies again the steps that the ledger already holds, reading each group where the ledger says it stands, and only
 * then decides new ones.
 *
 * <p>{@link #run()} may be called once, {@link #close()} from any thread.
 */
public final class TrainerService implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TrainerService.class);
    private static final Duration TAKE_OVER_WAIT = Duration.ofSeconds(10);

    private final Log log;
    private final TrainerConfig config;
    private final InstantSource clock;
    private final TrainerListener listener;
    private final StepRecorder recorder;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile Thread runner;

    public TrainerService(Log log, TrainerConfig config, InstantSource clock) {
        this(log, config, clock, TrainerListener.none(), StepRecorder.none());
    }

    /**
     * @param listener is told how the run goes, on the thread that runs it
     * @param recorder gets every step's metrics besides the files in the run's folder; stays the caller's
     * @throws IllegalArgumentException where the run has no id or no model
     */
    public TrainerService(
            Log log, TrainerConfig config, InstantSource clock, TrainerListener listener, StepRecorder recorder) {
        this.log = Objects.requireNonNull(log, "log");
        this.config = Objects.requireNonNull(config, "config");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.recorder = Objects.requireNonNull(recorder, "recorder");
        if (config.runId() == null) {
            throw new IllegalArgumentException("trainer.runId is not set; give the run a name");
        }
        PolicyLoader.modelFolder(config);
    }

    /**
     * Trains until the run's steps are done, its source has ended, or {@link #close()} is called. A run that has ended
     * before is left as it is.
     *
     * @throws TrainingStoppedException when the run cannot go on; started again, it goes on from its last checkpoint
     * @throws RunTakenOverException when another trainer has taken over
     * @throws IllegalStateException when another trainer has the run and {@code takeOver} is not set
     */
    public void run() {
        runner = Thread.currentThread();
        Optional<RunLock> lock = Optional.empty();
        try {
            if (!config.takeOver()) {
                lock = Optional.of(lock().orElseThrow(this::alreadyRunning));
            }
            try (LedgerWriter writer = new LedgerWriter(log, config.runId())) {
                if (config.takeOver()) {
                    lock = lockWithPatience();
                }
                train(writer);
            }
        } finally {
            lock.ifPresent(RunLock::close);
            finished.countDown();
        }
    }

    private void train(LedgerWriter writer) {
        CheckpointFolder checkpoints = new CheckpointFolder(config.checkpointFolder());
        try {
            RunLedger ledger = new LedgerReader(log).readToTheEnd(config.runId());
            if (ledger.ended().isPresent()) {
                LOG.atInfo()
                        .addKeyValue("run", config.runId())
                        .addKeyValue("step", ledger.endedStep())
                        .log("the run has ended already");
                return;
            }
            RunDefinition definition = ledger.started()
                    .map(started -> RunDefinition.of(started, config).continuedWith(config))
                    .orElseGet(() -> new RunBeginning(log, config, clock, listener).begin(writer));
            try (TrainerRun run =
                    new TrainerRun(log, definition, writer, ledger, checkpoints, clock, listener, recorder)) {
                run.restore();
                run.advance(this::stopping);
            }
        } catch (RunTakenOverException e) {
            throw e;
        } catch (StepFailedException
                | LogException
                | LedgerException
                | UnfitLogException
                | RunCheckpointException
                | UncheckedIOException
                | KafkaException e) {
            throw new TrainingStoppedException(
                    "run " + config.runId() + ": " + e.getMessage() + ". " + lastGood(checkpoints), e);
        }
    }

    private static String lastGood(CheckpointFolder checkpoints) {
        return checkpoints.candidates().stream()
                .findFirst()
                .map(folder -> "The last checkpoint, " + folder + ", is untouched")
                .orElse("There is no checkpoint yet");
    }

    private Optional<RunLock> lock() {
        return RunLock.tryAcquire(config.runFolder());
    }

    private IllegalStateException alreadyRunning() {
        return new IllegalStateException("run " + config.runId() + " is being trained by process "
                + RunLock.owner(config.runFolder()) + ", which has the lock on " + config.runFolder()
                + ". Stop it first, or take the run over (takeOver: true)");
    }

    /**
     * The other trainer is shut out of the ledger already and stops at its next step. One that waits for groups may keep
     * its lock for long: it can decide nothing any more, so this one goes on without.
     */
    private Optional<RunLock> lockWithPatience() {
        long deadline = System.nanoTime() + TAKE_OVER_WAIT.toNanos();
        Optional<RunLock> lock = lock();
        while (lock.isEmpty() && System.nanoTime() < deadline && !stopping(Duration.ofMillis(100))) {
            lock = lock();
        }
        if (lock.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("run", config.runId())
                    .addKeyValue("process", RunLock.owner(config.runFolder()))
                    .log("taken over from a trainer that still has the run's lock; it can write nothing any more");
        }
        return lock;
    }

    private boolean stopping() {
        return stop.getCount() == 0;
    }

    private boolean stopping(Duration wait) {
        try {
            return stop.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Lets the step being made come to its end and returns when {@link #run()} has. */
    @Override
    public void close() {
        stop.countDown();
        Thread running = runner;
        if (running != null && running != Thread.currentThread()) {
            try {
                finished.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
