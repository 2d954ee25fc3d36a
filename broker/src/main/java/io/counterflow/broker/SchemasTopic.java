package io.counterflow.broker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.log.registry.SchemaCatalog;
import io.counterflow.log.registry.SchemaRegistryException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The compacted topic a registry keeps its schemas in. Key
 * {@code {"keytype":"SCHEMA","subject":…,"version":…,"magic":1}}, value
 * {@code {"subject":…,"version":…,"id":…,"schema":…,"deleted":false}}: the format of Confluent's registry.
 */
final class SchemasTopic implements AutoCloseable {

    private static final TopicPartition PARTITION = new TopicPartition("_schemas", 0);

    private final ObjectMapper json = new ObjectMapper();
    private final Map<String, Object> clientProperties;
    private final KafkaProducer<String, String> producer;

    SchemasTopic(Map<String, ?> clientProperties) {
        this.clientProperties = new HashMap<>(clientProperties);
        create();
        producer = new KafkaProducer<>(this.clientProperties, new StringSerializer(), new StringSerializer());
    }

    private void create() {
        NewTopic topic = new NewTopic(PARTITION.topic(), Optional.of(1), Optional.empty())
                .configs(Map.of("cleanup.policy", "compact"));
        try (Admin admin = Admin.create(clientProperties)) {
            admin.createTopics(List.of(topic)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new SchemaRegistryException(
                        "cannot create the topic " + PARTITION.topic() + " (compacted, 1 partition): "
                                + e.getCause().getMessage(),
                        e.getCause());
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Hands over every entry, oldest first. */
    void read(Consumer<SchemaCatalog.Entry> each) {
        Map<String, Object> properties = new HashMap<>(clientProperties);
        properties.put("isolation.level", "read_committed");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = List.of(PARTITION);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = consumer.endOffsets(partitions).get(PARTITION);
            while (consumer.position(PARTITION) < end) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    parse(record).ifPresent(each);
                }
            }
        }
    }

    private Optional<SchemaCatalog.Entry> parse(ConsumerRecord<String, String> record) {
        try {
            if (record.key() == null || record.value() == null) {
                return Optional.empty();
            }
            if (!json.readTree(record.key()).path("keytype").asText().equals("SCHEMA")) {
                return Optional.empty();
            }
            JsonNode value = json.readTree(record.value());
            if (!value.path("schemaType").asText("AVRO").equals("AVRO")) {
                return Optional.empty();
            }
            return Optional.of(new SchemaCatalog.Entry(
                    value.get("subject").asText(),
                    value.get("version").asInt(),
                    value.get("id").asInt(),
                    new Schema.Parser().parse(value.get("schema").asText())));
        } catch (JsonProcessingException e) {
            throw new SchemaRegistryException(
                    "offset " + record.offset() + " of " + PARTITION + " is not a registry's record", e);
        }
    }

    void write(SchemaCatalog.Entry entry) {
        String key = json.createObjectNode()
                .put("keytype", "SCHEMA")
                .put("subject", entry.subject())
                .put("version", entry.version())
                .put("magic", 1)
                .toString();
        String value = json.createObjectNode()
                .put("subject", entry.subject())
                .put("version", entry.version())
                .put("id", entry.id())
                .put("schema", entry.schema().toString())
                .put("deleted", false)
                .toString();
        try {
            producer.send(new ProducerRecord<>(PARTITION.topic(), 0, key, value))
                    .get();
        } catch (ExecutionException e) {
            throw new SchemaRegistryException(
                    "cannot write to " + PARTITION + ": " + e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
