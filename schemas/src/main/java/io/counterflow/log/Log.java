package io.counterflow.log;

import io.counterflow.log.registry.HttpSchemaRegistry;
import io.counterflow.log.registry.SchemaRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to the log: makes clients, serialisers and topics that agree with each other.
 *
 * <p>Thread-safe; the clients it makes are not all so, and belong to whoever asked for them.
 */
public final class Log implements AutoCloseable {

    /** The largest record that any topic takes, in bytes before compression. */
    public static final int MAX_RECORD_BYTES = 8 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Log.class);

    static {
        // Builders of records with defaults read them as Avro does.
        TrustedRecords.ensure();
    }

    private final LogConfig config;
    private final SchemaRegistry registry;

    /** @throws IllegalArgumentException when the configuration names no brokers or no registry */
    public Log(LogConfig config) {
        this(
                config,
                new HttpSchemaRegistry(
                        required(config.schemaRegistryUrl(), "log.schemaRegistryUrl", "http://127.0.0.1:8081")));
    }

    /** With a registry of the caller's, e.g. one in memory for the test of a single stage. */
    public Log(LogConfig config, SchemaRegistry registry) {
        this.config = Objects.requireNonNull(config, "config");
        this.registry = Objects.requireNonNull(registry, "registry");
        required(config.bootstrapServers(), "log.bootstrapServers", "127.0.0.1:9092");
    }

    private static String required(String value, String key, String example) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(key + " is not set; give one like " + example);
        }
        return value;
    }

    public LogConfig config() {
        return config;
    }

    /** The topic's name with the configured prefix. */
    public String topicName(Topic topic) {
        return config.topicPrefix() + topic.topicName();
    }

    /**
     * Creates the topics that are missing. Does nothing where all are there and fit.
     *
     * @throws LogException naming the topic and the setting, when one cannot be created, is compacted and must not be,
     *     or has another number of partitions than its peers
     */
    public void createTopics() {
        new TopicCreation(this).run();
    }

    /**
     * Creates a further topic of groups, set up like {@link Topic#SCORED_GROUPS}, where it is missing. The topics of the log must be
     * there.
     *
     * @param topicName with the configured prefix
     * @throws LogException when it cannot be created, or has another number of partitions than the others
     */
    public void createGroupsTopic(String topicName) {
        new TopicCreation(this).groups(topicName);
    }

    /**
     * Returns when the brokers answer.
     *
     * @throws LogException where they do not, naming them and what they are reached with
     */
    public void requireBrokers() {
        new TopicCreation(this).reach();
    }

    /** Whether there is a topic of this name, with the configured prefix. */
    public boolean hasTopic(String topicName) {
        return new TopicCreation(this).isThere(topicName);
    }

    /** Writes values in the wire format, registering their schema on first use. */
    public <T extends SpecificRecord> Serializer<T> serializer() {
        return new AvroSerializer<>(registry);
    }

    /** Reads values in the wire format. */
    public <T extends SpecificRecord> Deserializer<T> deserializer(Class<T> type) {
        return new AvroDeserializer<>(registry, type);
    }

    public <T extends SpecificRecord> Serde<T> serde(Class<T> type) {
        return Serdes.serdeFrom(serializer(), deserializer(type));
    }

    /**
     * A consumer of committed records that commits nothing by itself and fails where a position is not there any more
     * ({@code auto.offset.reset=none}), unless overridden. The caller closes it.
     */
    public <T extends SpecificRecord> Consumer<String, T> consumer(Class<T> type, Map<String, ?> overrides) {
        return new KafkaConsumer<>(consumerProperties(overrides), new StringDeserializer(), deserializer(type));
    }

    /** The same, but hands over keys and values as they stand in the log. */
    public Consumer<byte[], byte[]> rawConsumer(Map<String, ?> overrides) {
        return new KafkaConsumer<>(
                consumerProperties(overrides),
                Serdes.ByteArray().deserializer(),
                Serdes.ByteArray().deserializer());
    }

    private Map<String, Object> consumerProperties(Map<String, ?> overrides) {
        Map<String, Object> properties = connection();
        properties.put("isolation.level", "read_committed");
        properties.put("auto.offset.reset", "none");
        properties.put("enable.auto.commit", false);
        properties.put("allow.auto.create.topics", false);
        properties.putAll(config.client());
        properties.putAll(overrides);
        return properties;
    }

    /**
     * An idempotent producer of any record; transactional where the overrides have a {@code transactional.id}. The
     * caller closes it.
     */
    public Producer<String, SpecificRecord> producer(Map<String, ?> overrides) {
        return new KafkaProducer<>(producerProperties(overrides), new StringSerializer(), serializer());
    }

    /** The same, but takes keys and values as they are to stand in the log. */
    public Producer<byte[], byte[]> rawProducer(Map<String, ?> overrides) {
        return new KafkaProducer<>(
                producerProperties(overrides),
                Serdes.ByteArray().serializer(),
                Serdes.ByteArray().serializer());
    }

    private Map<String, Object> producerProperties(Map<String, ?> overrides) {
        Map<String, Object> properties = clientProperties();
        properties.put("acks", "all");
        properties.put("enable.idempotence", true);
        properties.putAll(overrides);
        return properties;
    }

    /** An administration client; the caller closes it. */
    public Admin admin() {
        Map<String, Object> properties = connection();
        properties.putAll(config.client());
        return Admin.create(properties);
    }

    /**
     * What Kafka Streams needs to reach the log and to write records as large, and compressed, as the other producers
     * do. A new map; the caller may add to it.
     */
    public Map<String, Object> clientProperties() {
        Map<String, Object> properties = connection();
        properties.put("max.request.size", MAX_RECORD_BYTES);
        properties.put("compression.type", "zstd");
        properties.putAll(config.client());
        return properties;
    }

    private Map<String, Object> connection() {
        Map<String, Object> properties = new HashMap<>();
        properties.put("bootstrap.servers", config.bootstrapServers());
        return properties;
    }

    /** Ends the use of the log; clients that it made stay open, their owners close them. */
    @Override
    public void close() {
        LOG.debug("log at {} closed", config.bootstrapServers());
    }
}
