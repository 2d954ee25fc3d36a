package io.counterflow.cli.verify;

import io.counterflow.log.LogConfig;
import io.counterflow.trainer.TrainerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;

/** The processes of a drill. For one thread. */
final class Parts implements AutoCloseable {

    /** A broker is up in seconds; a machine that has forty other things to do takes minutes. */
    private static final Duration START = Duration.ofMinutes(20);
    /** How long a trainer may take for one step, or to start. */
    private static final Duration STEP = Duration.ofMinutes(20);

    private final Path directory;
    private final LogConfig config;
    private final int[] ports;
    private JavaProcess broker;
    private JavaProcess scoring;
    private JavaProcess trainer;
    private JavaProcess producer;

    Parts(Path directory, LogConfig config, int[] ports) {
        this.directory = directory;
        this.config = config;
        this.ports = ports;
    }

    void startBroker() throws IOException {
        broker = BrokerProcess.start(directory.resolve("kafka"), ports[0], ports[1], directory.resolve("broker.txt"));
    }

    /** Waits until the broker answers. */
    void awaitBroker() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START.toNanos();
        while (!answers()) {
            if (!broker.alive()) {
                startBroker();
            }
            if (System.nanoTime() > deadline) {
                throw new NotFinishedException("the broker did not answer within " + START.toMinutes() + " min; see "
                        + directory.resolve("broker.txt"));
            }
            pause(Duration.ofMillis(200));
        }
    }

    private boolean answers() throws InterruptedException {
        try (Admin admin = Admin.create(Map.of(
                "bootstrap.servers",
                config.bootstrapServers(),
                "default.api.timeout.ms",
                20_000,
                "request.timeout.ms",
                15_000))) {
            admin.describeCluster().nodes().get(20, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    void startScoring() throws IOException {
        scoring = ScoringProcess.start(config, directory.resolve("streams"), directory.resolve("scoring.txt"));
    }

    void stopScoring() throws InterruptedException {
        scoring.close();
        scoring = null;
    }

    void startProducer(String run, long seed) throws IOException {
        producer = ProducerProcess.start(config, run, seed, directory.resolve("producer.txt"));
    }

    void startTrainer(TrainerConfig run) throws IOException {
        trainer = TrainerProcess.start(config, run, directory.resolve("trainer-" + run.runId() + ".txt"));
    }

    /** SIGKILL. */
    void kill(Part part) throws InterruptedException {
        process(part).kill();
    }

    private JavaProcess process(Part part) {
        return switch (part) {
            case TRAINER -> trainer;
            case BROKER -> broker;
            case SCORING -> scoring;
            case PRODUCER -> producer;
        };
    }

    /** The newest step that the trainer says it has applied. */
    long trainerStep() throws IOException {
        return TrainerProcess.lastStep(trainer);
    }

    boolean trainerAlive() {
        return trainer.alive();
    }

    /** Whether the part's process has ended of itself, with exit code 0. */
    boolean done(Part part) throws InterruptedException {
        JavaProcess process = process(part);
        return !process.alive() && process.exitCode() == 0;
    }

    /** Waits until the trainer's run has ended. One that gave up is started again, as long as there are steps. */
    void awaitTrainer(TrainerConfig run) throws IOException, InterruptedException {
        long step = -1;
        long deadline = System.nanoTime() + STEP.toNanos();
        while (!trainer.ends(Duration.ofMillis(200)) || trainer.exitCode() != 0) {
            if (trainerStep() > step) {
                step = trainerStep();
                deadline = System.nanoTime() + STEP.toNanos();
            }
            if (System.nanoTime() > deadline) {
                throw new NotFinishedException("the trainer of " + run.runId() + " made no step within "
                        + STEP.toMinutes() + " min; see " + directory);
            }
            if (!trainer.alive()) {
                restartBroker();
                startTrainer(run);
            }
        }
    }

    private void restartBroker() throws IOException, InterruptedException {
        if (!broker.alive()) {
            startBroker();
            awaitBroker();
        }
    }

    /** A part that gave up, for instance because the broker was away for too long, is started again like a killed one. */
    void restartWhatIsDown(TrainerConfig run) throws IOException, InterruptedException {
        restartBroker();
        if (!scoring.alive()) {
            startScoring();
        }
        if (!trainer.alive() && !done(Part.TRAINER)) {
            startTrainer(run);
        }
        if (!producer.alive() && !done(Part.PRODUCER)) {
            startProducer(run.runId(), run.seed());
        }
    }

    void pause(Duration time) throws InterruptedException {
        new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() throws InterruptedException {
        for (JavaProcess process : new JavaProcess[] {producer, trainer, scoring, broker}) {
            if (process != null) {
                process.close();
            }
        }
    }
}
