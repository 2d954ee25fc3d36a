package io.counterflow.scorer.streams;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs Kafka Streams applications together until they are told to stop or one of them fails. Thread-safe. */
public final class RunningStreams implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RunningStreams.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** An application to run. */
    public record Application(String name, Topology topology, Properties properties) {}

    /**
     * Starts the applications and blocks until {@link #close} or a failure, and until they are stopped.
     *
     * @throws IllegalStateException when an application failed, with its name and its error as the cause
     */
    public void run(Supplier<List<Application>> applications) throws InterruptedException {
        if (ended.isDone()) {
            return;
        }
        List<KafkaStreams> streams =
                applications.get().stream().map(this::prepare).toList();
        try {
            streams.forEach(KafkaStreams::start);
            ended.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    e.getCause().getMessage(), e.getCause().getCause());
        } finally {
            // All at once, then each in turn: closing waits for the last commit.
            streams.parallelStream().forEach(s -> s.close(STOP_LIMIT));
        }
    }

    private KafkaStreams prepare(Application application) {
        makeStateFolder(Path.of(application.properties().getProperty(StreamsConfig.STATE_DIR_CONFIG)));
        KafkaStreams streams = new KafkaStreams(application.topology(), application.properties());
        streams.setUncaughtExceptionHandler(e -> {
            LOG.atError()
                    .addKeyValue("application", application.name())
                    .setCause(e)
                    .log("application failed");
            ended.completeExceptionally(
                    new IllegalStateException(application.name() + " failed: " + rootMessage(e), e));
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            LOG.atDebug().addKeyValue("application", application.name()).log("{} after {}", now, before);
            if (now == KafkaStreams.State.ERROR) {
                ended.completeExceptionally(
                        new IllegalStateException(application.name() + " stopped with an error", null));
            }
        });
        return streams;
    }

    /** Kafka Streams gives up when another application on the same folder makes it at the same moment. */
    private static void makeStateFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the state folder " + folder + " cannot be made; choose another with streams.stateFolder", e);
        }
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    /** Makes {@link #run} return; does not wait for it. */
    @Override
    public void close() {
        ended.complete(null);
    }
}
