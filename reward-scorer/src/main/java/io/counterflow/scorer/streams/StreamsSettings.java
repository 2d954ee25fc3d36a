package io.counterflow.scorer.streams;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.log.Log;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * How a Kafka Streams application runs.
 *
 * @param applicationPrefix put before application ids, so that installations may share a cluster
 * @param instance name of this instance among those that share the work
 * @param stateFolder where state stores are kept
 * @param commitInterval how often results are committed
 * @param threads stream threads
 * @param sessionTimeout how long a dead instance's partitions stay its own
 * @param properties any further setting of Kafka Streams
 */
public record StreamsSettings(
        @JsonPropertyDescription(
                "Put before application ids, so that installations may share a cluster. Default: counterflow.")
        String applicationPrefix,

        @JsonPropertyDescription(
                "Name of this instance; instances that share the work need different ones. Default: 0.")
        String instance,

        @JsonPropertyDescription(
                "Folder for state stores; keep it, a restart is quicker with it. Default: .counterflow/streams.")
        Path stateFolder,

        @JsonPropertyDescription("How often results are committed: what a reader downstream waits. Default: 150ms.")
        Duration commitInterval,

        @JsonPropertyDescription("Stream threads, of use up to the number of partitions. Default: 1.")
        Integer threads,

        @JsonPropertyDescription("How long a dead instance's work waits for it before others take it. Default: 10s.")
        Duration sessionTimeout,

        @JsonPropertyDescription("Any further Kafka Streams setting.")
        Map<String, String> properties) {

    /** Most bytes of a record in the topic behind a state store: more than the largest record of the log. */
    static final int STORED_RECORD_BYTES = 2 * Log.MAX_RECORD_BYTES;

    /** Fills in defaults. */
    public StreamsSettings {
        applicationPrefix = requireNonNullElse(applicationPrefix, "counterflow");
        instance = requireNonNullElse(instance, "0");
        stateFolder = requireNonNullElse(stateFolder, Path.of(".counterflow", "streams"));
        commitInterval = requireNonNullElse(commitInterval, Duration.ofMillis(150));
        threads = requireNonNullElse(threads, 1);
        sessionTimeout = requireNonNullElse(sessionTimeout, Duration.ofSeconds(10));
        properties = properties == null ? Map.of() : Map.copyOf(properties);
        if (threads < 1 || threads > 1000) {
            throw new IllegalArgumentException("threads " + threads + " must be at least 1 and at most 1000");
        }
        if (commitInterval.toMillis() < 1 || sessionTimeout.toMillis() < 1) {
            throw new IllegalArgumentException("commitInterval " + commitInterval + " and sessionTimeout "
                    + sessionTimeout + " must be at least a millisecond");
        }
    }

    /** All defaults. */
    public static StreamsSettings defaults() {
        return new StreamsSettings(null, null, null, null, null, null, null);
    }

    /** The application id of a component. */
    public String applicationId(Log log, String component) {
        // The log's prefix keeps two logs on one cluster from sharing a consumer group and its offsets.
        return applicationPrefix + "-" + log.config().topicPrefix() + component;
    }

    /** Everything that Kafka Streams needs to know. */
    public Properties properties(Log log, String component) {
        Map<String, Object> all = new HashMap<>(log.clientProperties());
        all.put("application.id", applicationId(log, component));
        all.put("client.id", applicationId(log, component) + "-" + instance);
        all.put("processing.guarantee", "exactly_once_v2");
        all.put("commit.interval.ms", commitInterval.toMillis());
        // Static membership: after a restart the partitions are still there, without waiting for a session to time out.
        all.put("consumer.group.instance.id", instance);
        all.put("consumer.session.timeout.ms", sessionTimeout.toMillis());
        all.put("consumer.heartbeat.interval.ms", Math.max(1, sessionTimeout.toMillis() / 4));
        all.put("consumer.auto.offset.reset", "earliest");
        // A producer's transaction of a dead instance blocks readers for as long as this.
        all.put("producer.transaction.timeout.ms", 10_000);
        all.put("state.dir", stateFolder.toString());
        all.put("statestore.cache.max.bytes", 0);
        all.put("num.stream.threads", threads);
        all.put("ensure.explicit.internal.resource.naming", true);
        // What a store keeps is a record of the log with a few bytes round it, or the members of a group that is open.
        all.put("topic.max.message.bytes", STORED_RECORD_BYTES);
        all.put("producer.max.request.size", STORED_RECORD_BYTES);
        all.putAll(properties);
        Properties properties = new Properties();
        // As text, which every client parses: a prefixed number of the wrong width would be refused.
        all.forEach((name, value) -> properties.put(name, String.valueOf(value)));
        return properties;
    }
}
