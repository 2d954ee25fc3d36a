package io.counterflow.log;

import io.counterflow.log.registry.SchemaRegistryException;
import io.counterflow.log.registry.UnknownSchemaException;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records of a topic that are not what the topic holds: without a value, of another program, damaged. They stop nobody: each is counted, and the first
 * ones are named in the program's log. What the registry does not answer is no fault of the record. One thread.
 */
public final class UnreadableRecords {

    private static final Logger LOG = LoggerFactory.getLogger(UnreadableRecords.class);

    /** Further ones are counted: a topic that somebody else writes to may have any number. */
    private static final int NAMED = 20;

    private long count;

    /**
     * The value of a record that was read as bytes; empty where it cannot be read, which is noted.
     *
     * @throws SchemaRegistryException where the registry does not answer or refuses
     */
    public <T extends SpecificRecord> Optional<T> value(
            ConsumerRecord<?, byte[]> record, Deserializer<T> deserializer) {
        if (record.value() == null) {
            passOver(record.topic(), record.partition(), record.offset(), "it has no value");
            return Optional.empty();
        }
        try {
            return Optional.of(deserializer.deserialize(record.topic(), record.value()));
        } catch (RuntimeException e) {
            passOver(record.topic(), record.partition(), record.offset(), cause(e));
            return Optional.empty();
        }
    }

    /** Notes one. */
    public void passOver(String topic, int partition, long offset, String cause) {
        count++;
        if (count <= NAMED) {
            LOG.warn(
                    "the record at partition {}, offset {} of {} cannot be read and is passed over: {}{}",
                    partition,
                    offset,
                    topic,
                    cause,
                    count == NAMED ? " (further ones are counted, not named)" : "");
        }
    }

    /** How many there were. */
    public long count() {
        return count;
    }

    /**
     * What is wrong with a record, as the exception of its reading says.
     *
     * @throws RuntimeException the exception itself, where the fault is not the record's: the registry does not answer or refuses
     */
    static String cause(RuntimeException reading) {
        Throwable deepest = reading;
        for (Throwable at = reading; at != null; at = at.getCause() == at ? null : at.getCause()) {
            boolean registrys = at instanceof SchemaRegistryException && !(at instanceof UnknownSchemaException);
            if (registrys || (at instanceof KafkaException && !(at instanceof SerializationException))) {
                throw (RuntimeException) at;
            }
            deepest = at;
        }
        String message = deepest instanceof UnknownSchemaException || reading.getCause() == null
                ? deepest.getMessage()
                : reading.getCause().getMessage();
        return message == null ? deepest.toString() : message;
    }
}
