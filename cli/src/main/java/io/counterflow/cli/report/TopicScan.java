package io.counterflow.cli.report;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads every committed record that a topic holds at this moment, partition by partition. Stateless. */
final class TopicScan {

    private TopicScan() {}

    static <T extends SpecificRecord> void of(
            Log log, Topic topic, Class<T> type, java.util.function.Consumer<ConsumerRecord<String, T>> sink) {
        try (Consumer<String, T> consumer = log.consumer(type, Map.of("auto.offset.reset", "earliest"))) {
            List<TopicPartition> partitions = consumer.partitionsFor(log.topicName(topic)).stream()
                    .map(p -> new TopicPartition(p.topic(), p.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Set<TopicPartition> open = new HashSet<>(partitions);
            while (true) {
                open.removeIf(p -> consumer.position(p) >= ends.get(p));
                if (open.isEmpty()) {
                    return;
                }
                consumer.poll(Duration.ofMillis(200)).forEach(r -> {
                    if (r.offset() < ends.get(new TopicPartition(r.topic(), r.partition()))) {
                        sink.accept(r);
                    }
                });
            }
        }
    }
}
