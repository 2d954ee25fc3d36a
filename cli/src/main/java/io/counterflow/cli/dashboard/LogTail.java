package io.counterflow.cli.dashboard;

import io.counterflow.log.Log;
import io.counterflow.log.ReadableRecords;
import io.counterflow.log.ReadableRecords.Missing;
import io.counterflow.schemas.DeadLetter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/** Hands over the committed records of a topic, from its beginning and as they arrive. One thread. */
final class LogTail<T extends SpecificRecord> implements AutoCloseable {

    private final Consumer<String, T> consumer;
    private final ReadableRecords<T> readable;
    private final java.util.function.Consumer<ConsumerRecord<String, T>> each;
    private final String topic;
    private boolean assigned;

    /** @param topic with its prefix; need not be there yet */
    LogTail(Log log, String topic, Class<T> type, java.util.function.Consumer<ConsumerRecord<String, T>> each) {
        this.topic = topic;
        this.each = each;
        // What retention removes while it is read is no loss to a page.
        this.consumer = log.consumer(type, Map.of("auto.offset.reset", "earliest"));
        this.readable = new ReadableRecords<>(consumer, Missing.UNREADABLE);
    }

    /** A tail of what could not be used. */
    static LogTail<DeadLetter> ofLetters(Log log, String topic, java.util.function.Consumer<DeadLetter> each) {
        return new LogTail<>(log, topic, DeadLetter.class, record -> each.accept(record.value()));
    }

    /** Waits a moment for records; one that cannot be read is passed over, see {@link ReadableRecords}. */
    List<ConsumerRecord<String, T>> fetch() {
        if (!assigned) {
            assign();
        }
        return assigned ? readable.poll(Duration.ofMillis(20)) : List.of();
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
    void take(List<ConsumerRecord<String, T>> records) {
        records.forEach(each);
    }

    String topic() {
        return topic;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
