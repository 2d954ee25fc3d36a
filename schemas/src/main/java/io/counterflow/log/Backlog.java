package io.counterflow.log;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/** How many records wait for a consumer group. Thread-safe. */
public final class Backlog implements AutoCloseable {

    private final Admin admin;

    public Backlog(Log log) {
        this.admin = log.admin();
    }

    /**
     * Committed records of the topic that the group has not consumed, marks of transactions counted as records. A
     * partition that the group never consumed counts from where it begins.
     *
     * @throws LogException when the brokers cannot say
     */
    public long waiting(String group, String topicName) {
        try {
            List<TopicPartition> partitions =
                    admin.describeTopics(List.of(topicName)).allTopicNames().get().get(topicName).partitions().stream()
                            .map(p -> new TopicPartition(topicName, p.partition()))
                            .toList();
            Map<TopicPartition, Long> end = offsets(partitions, OffsetSpec.latest());
            Map<TopicPartition, Long> begin = offsets(partitions, OffsetSpec.earliest());
            Map<TopicPartition, OffsetAndMetadata> done = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get();
            long waiting = 0;
            for (TopicPartition partition : partitions) {
                OffsetAndMetadata committed = done.get(partition);
                long from = committed == null ? begin.get(partition) : committed.offset();
                waiting += Math.max(0, end.get(partition) - Math.max(from, begin.get(partition)));
            }
            return waiting;
        } catch (ExecutionException e) {
            throw new LogException(
                    "cannot tell how many records of " + topicName + " wait for " + group + ": "
                            + e.getCause().getMessage(),
                    e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private Map<TopicPartition, Long> offsets(List<TopicPartition> partitions, OffsetSpec which)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> asked = partitions.stream().collect(Collectors.toMap(p -> p, p -> which));
        Map<TopicPartition, ListOffsetsResultInfo> answer = admin.listOffsets(
                        asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                .all()
                .get();
        return answer.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
    }

    @Override
    public void close() {
        admin.close();
    }
}
