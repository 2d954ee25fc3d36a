package io.counterflow.log;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.RecordDeserializationException;

/**
 * The records of a consumer that are what they should be: one that is not is passed over, see {@link UnreadableRecords}. The consumer stays the
 * caller's. One thread.
 */
public final class ReadableRecords<T extends SpecificRecord> {

    /** What a record without a value is. */
    public enum Missing {
        /** Something that does not belong here; passed over. */
        UNREADABLE,
        /** The end of a key in a compacted topic, which readers of values have no use for; left out. */
        LEFT_OUT,
        /** Handed over, its value null. */
        KEPT
    }

    private final Consumer<String, T> consumer;
    private final Missing missing;
    private final UnreadableRecords unreadable = new UnreadableRecords();

    public ReadableRecords(Consumer<String, T> consumer, Missing missing) {
        this.consumer = Objects.requireNonNull(consumer, "consumer");
        this.missing = Objects.requireNonNull(missing, "missing");
    }

    /**
     * The next records, in the order of the consumer; behind one that cannot be read the consumer goes on.
     *
     * @throws io.counterflow.log.registry.SchemaRegistryException where the registry does not answer or refuses
     */
    public List<ConsumerRecord<String, T>> poll(Duration timeout) {
        List<ConsumerRecord<String, T>> records = new ArrayList<>();
        try {
            for (ConsumerRecord<String, T> record : consumer.poll(timeout)) {
                if (record.value() != null || missing == Missing.KEPT) {
                    records.add(record);
                } else if (missing == Missing.UNREADABLE) {
                    unreadable.passOver(record.topic(), record.partition(), record.offset(), "it has no value");
                }
            }
        } catch (RecordDeserializationException e) {
            String cause = UnreadableRecords.cause(e);
            unreadable.passOver(e.topicPartition().topic(), e.topicPartition().partition(), e.offset(), cause);
            consumer.seek(e.topicPartition(), e.offset() + 1);
        }
        return records;
    }

    /** How many were passed over. */
    public long passedOver() {
        return unreadable.count();
    }
}
