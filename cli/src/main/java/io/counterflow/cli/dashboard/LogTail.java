package io.counterflow.cli.dashboard;

import io.counterflow.log.Log;
import io.counterflow.schemas.DeadLetter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands over the committed records of a topic, from its beginning and as they arrive. One thread. */
final class LogTail<T extends SpecificRecord> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);

    private final Consumer<String, T> consumer;
    private final java.util.function.Consumer<ConsumerRecord<String, T>> each;
    private final String topic;
    private boolean assigned;

    /** @param topic with its prefix; need not be there yet */
    LogTail(Log log, String topic, Class<T> type, java.util.function.Consumer<ConsumerRecord<String, T>> each) {
        this.topic = topic;
        this.each = each;
        // What retention removes while it is read is no loss to a page.
        this.consumer = log.consumer(type, Map.of("auto.offset.reset", "earliest"));
    }

    /** A tail of what could not be used. */
    static LogTail<DeadLetter> ofLetters(Log log, String topic, java.util.function.Consumer<DeadLetter> each) {
        return new LogTail<>(log, topic, DeadLetter.class, record -> each.accept(record.value()));
    }

    /** Waits a moment for records; a record that cannot be read is passed over. */
    ConsumerRecords<String, T> fetch() {
        if (!assigned) {
            assign();
        }
        try {
            return assigned ? consumer.poll(Duration.ofMillis(20)) : ConsumerRecords.empty();
        } catch (RecordDeserializationException e) {
            LOG.warn("{}, offset {}, cannot be read and is passed over", e.topicPartition(), e.offset(), e);
            consumer.seek(e.topicPartition(), e.offset() + 1);
            return ConsumerRecords.empty();
        }
    }

    private void assign() {
        List<PartitionInfo> partitions = consumer.partitionsFor(topic);
        if (partitions == null || partitions.isEmpty()) {
            return;
        }
        List<TopicPartition> all = partitions.stream()
                .map(p -> new TopicPartition(topic, p.partition()))
                .toList();
        consumer.assign(all);
        consumer.seekToBeginning(all);
        assigned = true;
    }

    /** Hands over what was fetched. */
    void take(ConsumerRecords<String, T> records) {
        for (ConsumerRecord<String, T> record : records) {
            // Without a value it is the end of a key, or something that does not belong here.
            if (record.value() != null) {
                each.accept(record);
            }
        }
    }

    String topic() {
        return topic;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
