package io.counterflow.log;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Map;

/** How to reach the log. Nulls stand for the defaults. */
public record LogConfig(
        @JsonPropertyDescription("Kafka brokers as host:port, separated by commas. Without it a broker is started in"
                + " this process, where the command can do that.")
        String bootstrapServers,

        @JsonPropertyDescription("Base URL of a schema registry with the common REST API, e.g. http://host:8081, or"
                + " http://host:8080/apis/ccompat/v7 for Apicurio. http://user:password@host sends basic"
                + " authentication. Without it a registry is started in this process, where the command can do that.")
        String schemaRegistryUrl,

        @JsonPropertyDescription("Put before the name of every topic, so that several installations share a cluster."
                + " Default: nothing.")
        String topicPrefix,

        @JsonPropertyDescription("Partitions of the topics that are keyed by prompt; each stage scales out to as many"
                + " instances. Default: 4.")
        Integer partitions,

        @JsonPropertyDescription("Replication factor of the topics. Default: what the broker has as its default.")
        Integer replicationFactor,

        @JsonPropertyDescription("Any Kafka client setting, for every client: security.protocol, sasl.jaas.config,"
                + " ssl.truststore.location, ...")
        Map<String, String> client) {

    public LogConfig {
        topicPrefix = topicPrefix == null ? "" : topicPrefix;
        partitions = partitions == null ? 4 : partitions;
        client = client == null ? Map.of() : Map.copyOf(client);
        if (!topicPrefix.matches("[A-Za-z0-9._-]{0,100}")) {
            throw new IllegalArgumentException("log.topicPrefix is '" + topicPrefix
                    + "'; it may have up to 100 letters, digits, dots, dashes and underscores");
        }
        if (partitions < 1 || partitions > 10_000) {
            throw new IllegalArgumentException(
                    "log.partitions is " + partitions + ", must be at least 1 and at most 10000");
        }
        if (replicationFactor != null && (replicationFactor < 1 || replicationFactor > 1000)) {
            throw new IllegalArgumentException(
                    "log.replicationFactor is " + replicationFactor + ", must be at least 1 and at most 1000");
        }
    }

    /** The defaults, on these brokers and this registry. */
    public static LogConfig of(String bootstrapServers, String schemaRegistryUrl) {
        return new LogConfig(bootstrapServers, schemaRegistryUrl, null, null, null, null);
    }

    /** The same with other brokers and another registry. */
    public LogConfig at(String bootstrapServers, String schemaRegistryUrl) {
        return new LogConfig(bootstrapServers, schemaRegistryUrl, topicPrefix, partitions, replicationFactor, client);
    }
}
