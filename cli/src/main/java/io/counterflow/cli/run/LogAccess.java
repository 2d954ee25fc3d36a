package io.counterflow.cli.run;

import io.counterflow.cli.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The log that a command works on: the user's cluster where the configuration names one, otherwise a broker and a registry in this process, on the
 * data directory. Closing it stops what was started.
 */
public final class LogAccess implements AutoCloseable {

    private final Log log;
    private final EmbeddedLog embedded;

    private LogAccess(Log log, EmbeddedLog embedded) {
        this.log = log;
        this.embedded = embedded;
    }

    /**
     * Opens it.
     *
     * @param dataDirectory of the embedded broker; not touched where the configuration names a cluster
     * @throws IllegalArgumentException when brokers are named without a registry, or a registry without brokers
     */
    public static LogAccess open(LogConfig config, Path dataDirectory) {
        Objects.requireNonNull(config, "config");
        if (config.bootstrapServers() == null && config.schemaRegistryUrl() == null) {
            EmbeddedLog embedded = EmbeddedLog.start(dataDirectory);
            LogConfig at = config.at(
                    embedded.config().bootstrapServers(), embedded.config().schemaRegistryUrl());
            return new LogAccess(new Log(at), embedded);
        }
        if (config.bootstrapServers() == null) {
            throw new IllegalArgumentException(
                    "log.schemaRegistryUrl is set but log.bootstrapServers is not; set both or neither");
        }
        if (config.schemaRegistryUrl() == null) {
            throw new IllegalArgumentException(
                    "log.bootstrapServers is set but log.schemaRegistryUrl is not; records name their schemas by"
                            + " the registry's ids, so give the registry of that cluster");
        }
        return new LogAccess(new Log(config), null);
    }

    public Log log() {
        return log;
    }

    /** Whether the broker is in this process. */
    public boolean isEmbedded() {
        return embedded != null;
    }

    @Override
    public void close() {
        log.close();
        if (embedded != null) {
            embedded.close();
        }
    }
}
