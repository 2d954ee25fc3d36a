package io.counterflow.broker;

import io.counterflow.log.LogConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A broker and a schema registry in this JVM, ready for a {@link io.counterflow.log.Log} to be opened on them. */
public final class EmbeddedLog implements AutoCloseable {

    private final EmbeddedKafka kafka;
    private final EmbeddedSchemaRegistry registry;

    private EmbeddedLog(EmbeddedKafka kafka, EmbeddedSchemaRegistry registry) {
        this.kafka = kafka;
        this.registry = registry;
    }

    /** Starts one broker and the registry on free ports. */
    public static EmbeddedLog start(Path dataDirectory) {
        return start(dataDirectory, 0, 0);
    }

    /**
     * Starts one broker and the registry.
     *
     * @param kafkaPort 0 for a free one; likewise {@code registryPort}
     * @throws EmbeddedKafkaException when the broker cannot start
     * @throws java.io.UncheckedIOException when the registry's port is taken
     */
    public static EmbeddedLog start(Path dataDirectory, int kafkaPort, int registryPort) {
        EmbeddedKafka kafka = EmbeddedKafka.start(dataDirectory, 1, kafkaPort, Map.of());
        try {
            EmbeddedLog log = new EmbeddedLog(
                    kafka,
                    new EmbeddedSchemaRegistry(Map.of("bootstrap.servers", kafka.bootstrapServers()), registryPort));
            BrokerAddress.write(dataDirectory, log.config());
            return log;
        } catch (RuntimeException e) {
            kafka.close();
            throw e;
        }
    }

    /** Where the process answers that had a broker on a data directory last. */
    public static Optional<LogConfig> addressOf(Path dataDirectory) {
        return BrokerAddress.read(dataDirectory);
    }

    public EmbeddedKafka kafka() {
        return kafka;
    }

    public EmbeddedSchemaRegistry registry() {
        return registry;
    }

    /** How to reach it, with the defaults for everything else. */
    public LogConfig config() {
        return LogConfig.of(kafka.bootstrapServers(), registry.url());
    }

    /** Completed when the broker has given up; nothing on this log works from then on. */
    public CompletableFuture<EmbeddedKafkaException> failure() {
        return kafka.failure();
    }

    @Override
    public void close() {
        try {
            registry.close();
        } finally {
            kafka.close();
        }
    }
}
