package io.counterflow.producer;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * The prompts of the partitions that are this instance's, from the first one on; the producers of a run share the
 * partitions as a consumer group with static members. One thread.
 */
final class PromptFeed implements AutoCloseable {

    private final Consumer<byte[], byte[]> consumer;
    private final String topic;
    private int partitions;
    private final Map<TopicPartition, Long> targets = new HashMap<>();
    private final TreeSet<Integer> gained = new TreeSet<>();
    private final TreeSet<Integer> lost = new TreeSet<>();
    private boolean joined;

    PromptFeed(Log log, String group, String instance) {
        this.topic = log.topicName(Topic.PROMPTS);
        Map<String, Object> properties = new HashMap<>();
        properties.put("group.id", group);
        properties.put("group.instance.id", instance);
        properties.put("session.timeout.ms", 10_000);
        properties.put("heartbeat.interval.ms", 3_000);
        // Between two polls lies the sampling of a batch, which may take long on a CPU.
        properties.put("max.poll.interval.ms", (int) Duration.ofHours(2).toMillis());
        properties.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
        this.consumer = log.rawConsumer(properties);
        consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                joined = true;
                readFromTheBeginning(partitions);
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                partitions.forEach(p -> {
                    targets.remove(p);
                    gained.remove(p.partition());
                    lost.add(p.partition());
                });
            }
        });
    }

    private void readFromTheBeginning(Collection<TopicPartition> partitions) {
        if (!partitions.isEmpty()) {
            consumer.seekToBeginning(partitions);
            targets.putAll(consumer.endOffsets(partitions));
            partitions.forEach(p -> gained.add(p.partition()));
        }
    }

    /** Hands over every prompt again, as if all partitions had just been given to this instance. */
    void startOver() {
        consumer.assignment().forEach(p -> lost.add(p.partition()));
        readFromTheBeginning(consumer.assignment());
    }

    /** Whether this instance has been told which partitions are its own; there may be none. */
    boolean joined() {
        return joined;
    }

    /** Waits for prompts, or for partitions to come or go. */
    List<ConsumerRecord<byte[], byte[]>> poll(Duration timeout) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(timeout);
        List<ConsumerRecord<byte[], byte[]>> prompts = new ArrayList<>();
        records.forEach(prompts::add);
        return prompts;
    }

    /** Partitions that were taken away since the last call; some may have come back since. */
    List<Integer> takeLost() {
        List<Integer> taken = List.copyOf(lost);
        lost.clear();
        return taken;
    }

    /** Partitions that were given to this instance since the last call. */
    List<Integer> takeGained() {
        List<Integer> taken = List.copyOf(gained);
        gained.clear();
        return taken;
    }

    /** Whether every prompt has been handed over that was there when its partition was given to this instance. */
    boolean caughtUp() {
        targets.keySet().removeIf(p -> consumer.position(p) >= targets.get(p));
        return targets.isEmpty();
    }

    /** Where reading goes on in a partition. */
    long position(int partition) {
        return consumer.position(new TopicPartition(topic, partition));
    }

    /** Of the topic, whoever reads them. */
    int partitions() {
        if (partitions == 0) {
            partitions = consumer.partitionsFor(topic).size();
        }
        return partitions;
    }

    TopicPartition topicPartition(int partition) {
        return new TopicPartition(topic, partition);
    }

    /** What a transaction must carry so that it fails once the partitions belong to another instance. */
    ConsumerGroupMetadata membership() {
        return consumer.groupMetadata();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
