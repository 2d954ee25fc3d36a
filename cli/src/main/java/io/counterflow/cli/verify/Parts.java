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

    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration END = Duration.ofMinutes(20);

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
                throw new IllegalStateException("the broker does not answer; see " + directory.resolve("broker.txt"));
            }
            pause(Duration.ofMillis(200));
        }
    }

    private boolean answers() throws InterruptedException {
        try (Admin admin = Admin.create(Map.of(
                "bootstrap.servers",
                config.bootstrapServers(),
                "default.api.timeout.ms",
                3000,
                "request.timeout.ms",
                2000))) {
            admin.describeCluster().nodes().get(3, TimeUnit.SECONDS);
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

    /** Waits until the trainer's run has ended. */
    void awaitTrainer() throws IOException, InterruptedException {
        if (!trainer.ends(END) || trainer.exitCode() != 0) {
            throw new IllegalStateException("the trainer did not end well: " + trainer.output());
        }
    }

    /** A part that gave up, for instance because the broker was away for too long, is started again like a killed one. */
    void restartWhatIsDown(TrainerConfig run) throws IOException, InterruptedException {
        if (!broker.alive()) {
            startBroker();
            awaitBroker();
        }
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
