package io.counterflow.producer.gateway;

import io.counterflow.log.Log;
import io.counterflow.log.LogPosition;
import io.counterflow.log.ReadableRecords;
import io.counterflow.log.ReadableRecords.Missing;
import io.counterflow.log.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** A topic, read as far as it is committed whenever somebody asks, and a record of it once more. One thread at a time. */
final class Followed<T extends SpecificRecord> implements AutoCloseable {

    private static final Duration MOMENT = Duration.ofMillis(100);

    private final String topic;
    private final Duration patience;
    private final Consumer<String, T> consumer;
    private final ReadableRecords<T> readable;
    private final Map<TopicPartition, Long> next = new HashMap<>();

    /** @param patience how long the brokers may say nothing */
    Followed(Log log, Topic topic, Class<T> type, Duration patience) {
        this.topic = log.topicName(topic);
        this.patience = patience;
        // What retention removed is gone for everybody.
        this.consumer = log.consumer(
                type,
                Map.of(
                        "auto.offset.reset",
                        "earliest",
                        "fetch.max.wait.ms",
                        5,
                        "default.api.timeout.ms",
                        (int) patience.toMillis(),
                        "request.timeout.ms",
                        (int) Math.max(1, patience.toMillis() / 2)));
        this.readable = new ReadableRecords<>(consumer, Missing.UNREADABLE);
    }

    /**
     * Hands over what was committed since the last time; one that cannot be read is passed over, see {@link ReadableRecords}.
     *
     * @throws org.apache.kafka.common.KafkaException where the brokers or the registry do not answer; the next call goes on
     */
    void catchUp(java.util.function.Consumer<ConsumerRecord<String, T>> each) {
        if (next.isEmpty()) {
            List<TopicPartition> all = consumer.partitionsFor(topic, patience).stream()
                    .map(p -> new TopicPartition(topic, p.partition()))
                    .toList();
            next.putAll(consumer.beginningOffsets(all, patience));
        }
        Map<TopicPartition, Long> ends = consumer.endOffsets(next.keySet(), patience);
        List<TopicPartition> behind =
                next.keySet().stream().filter(p -> next.get(p) < ends.get(p)).toList();
        if (behind.isEmpty()) {
            return;
        }
        consumer.assign(behind);
        behind.forEach(p -> consumer.seek(p, next.get(p)));
        long quietSince = System.nanoTime();
        while (behind.stream().anyMatch(p -> next.get(p) < ends.get(p))) {
            for (ConsumerRecord<String, T> record : readable.poll(MOMENT)) {
                each.accept(record);
                // Whoever fails later has these.
                next.put(new TopicPartition(topic, record.partition()), record.offset() + 1);
                quietSince = System.nanoTime();
            }
            behind.forEach(p -> next.put(p, consumer.position(p, patience)));
            requireAnswers(quietSince);
        }
    }

    /** The record at a position; empty where retention has removed it. */
    Optional<T> at(LogPosition position) {
        TopicPartition partition = new TopicPartition(topic, position.partition());
        consumer.assign(List.of(partition));
        consumer.seek(partition, position.offset());
        long quietSince = System.nanoTime();
        while (consumer.position(partition, patience) <= position.offset()) {
            for (ConsumerRecord<String, T> record : readable.poll(MOMENT)) {
                if (record.offset() == position.offset()) {
                    return Optional.of(record.value());
                }
            }
            requireAnswers(quietSince);
        }
        return Optional.empty();
    }

    private void requireAnswers(long quietSince) {
        if (System.nanoTime() - quietSince > TimeUnit.MILLISECONDS.toNanos(patience.toMillis())) {
            throw new TimeoutException("no records of " + topic + " within " + patience);
        }
    }

    @Override
    public void close() {
        consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(MOMENT));
    }
}
