package io.counterflow.cli.log;

import io.counterflow.broker.DataDirectoryInUseException;
import io.counterflow.broker.EmbeddedLog;
import io.counterflow.cli.config.ConfigException;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The log that a command works on: the user's cluster where the configuration names one, otherwise a broker and a registry in this process, on the
 * data directory. Closing it stops what was started.
 */
public final class LogAccess implements AutoCloseable {

    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Log log;
    private final EmbeddedLog embedded;
    private final LogFile logFile;
    private final CountDownLatch closing = new CountDownLatch(1);

    private LogAccess(Log log, EmbeddedLog embedded, LogFile logFile) {
        this.log = log;
        this.embedded = embedded;
        this.logFile = logFile;
        if (embedded != null) {
            Thread opener = Thread.currentThread();
            var unused = embedded.failure().thenAccept(gone -> interrupt(opener));
        }
    }

    /**
     * Ends what waits for a broker that is gone, which clients do for minutes. Whoever hears of the failure by itself is left the time to do so.
     */
    private void interrupt(Thread opener) {
        Thread interrupting = new Thread(
                () -> {
                    try {
                        while (!closing.await(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                            opener.interrupt();
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "broker-gave-up");
        interrupting.setDaemon(true);
        interrupting.start();
    }

    /**
     * Opens it.
     *
     * @param folders where the embedded broker keeps its data, and where what is logged goes
     * @throws ConfigException when brokers are named without a registry, or a registry without brokers
     */
    public static LogAccess open(LogConfig config, RunFolders folders) {
        Objects.requireNonNull(config, "config");
        if (config.bootstrapServers() == null && config.schemaRegistryUrl() != null) {
            throw new ConfigException(
                    "log.schemaRegistryUrl is set but log.bootstrapServers is not; set both or neither");
        }
        if (config.bootstrapServers() != null && config.schemaRegistryUrl() == null) {
            throw new ConfigException(
                    "log.bootstrapServers is set but log.schemaRegistryUrl is not; records name their schemas by"
                            + " the registry's ids, so give the registry of that cluster");
        }
        LogFile logFile = LogFile.in(folders.data());
        try {
            if (config.bootstrapServers() != null) {
                return new LogAccess(new Log(config), null, logFile);
            }
            EmbeddedLog embedded = EmbeddedLog.start(folders.kafka());
            LogConfig at = config.at(
                    embedded.config().bootstrapServers(), embedded.config().schemaRegistryUrl());
            return new LogAccess(new Log(at), embedded, logFile);
        } catch (RuntimeException e) {
            logFile.close();
            throw e;
        }
    }

    /**
     * Opens it for a command that looks on: where another process has the data directory's broker, that one is used, for as long as it runs.
     *
     * @throws ConfigException as {@link #open}
     * @throws io.counterflow.log.LogException when the cluster that is named does not answer
     */
    public static LogAccess openBeside(LogConfig config, RunFolders folders) {
        try {
            LogAccess access = open(config, folders);
            if (!access.isEmbedded()) {
                // Clients that only read would say, after a minute, that a request was not answered, and not by whom.
                try {
                    access.log().requireBrokers();
                } catch (RuntimeException e) {
                    access.close();
                    throw e;
                }
            }
            return access;
        } catch (DataDirectoryInUseException e) {
            LogConfig running = EmbeddedLog.addressOf(folders.kafka()).orElseThrow(() -> e);
            return open(config.at(running.bootstrapServers(), running.schemaRegistryUrl()), folders);
        }
    }

    public Log log() {
        return log;
    }

    /** Completed with what to do when the broker in this process has given up; never where there is none. */
    public CompletableFuture<? extends RuntimeException> failure() {
        return embedded == null ? new CompletableFuture<>() : embedded.failure();
    }

    /** Whether the broker is in this process. */
    public boolean isEmbedded() {
        return embedded != null;
    }

    /**
     * Closes the log, and stops what was started.
     *
     * @throws io.counterflow.broker.EmbeddedKafkaException when the broker in this process has given up, which is why whatever came before failed
     */
    @Override
    public void close() {
        closing.countDown();
        boolean gone = failure().isDone();
        if (gone) {
            // What interrupted the work is not to interrupt the end.
            Thread.interrupted();
        }
        log.close();
        if (embedded != null) {
            embedded.close();
        }
        logFile.close();
        if (gone) {
            throw failure().handle((reason, none) -> reason).join();
        }
    }
}
