package io.counterflow.cli.dashboard;

import io.counterflow.log.Log;
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
        return new LogTail<>(log, topic, DeadLetter.class, record -> {
            if (record.value() != null) {
                each.accept(record.value());
            }
        });
    }

    /** Takes in what is there. @return how many records */
    int poll() {
        if (!assigned) {
            List<PartitionInfo> partitions = consumer.partitionsFor(topic);
            if (partitions == null || partitions.isEmpty()) {
                return 0;
            }
            List<TopicPartition> all = partitions.stream()
                    .map(p -> new TopicPartition(topic, p.partition()))
                    .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            assigned = true;
        }
        int records = 0;
        for (ConsumerRecord<String, T> record : consumer.poll(Duration.ofMillis(20))) {
            records++;
            each.accept(record);
        }
        return records;
    }

    String topic() {
        return topic;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
