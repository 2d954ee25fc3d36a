package io.counterflow.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.schemas.ScoredGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class ArrivalSourceTest {

    private static final TopicPartition FIRST = new TopicPartition("groups", 0);
    private static final TopicPartition SECOND = new TopicPartition("groups", 1);

    private final MockConsumer<String, ScoredGroup> consumer =
            new MockConsumer<>(AutoOffsetResetStrategy.EARLIEST.name());

    @Test
    void anOlderGroupThatCameToAnotherPartitionWhileAYoungerOneWasFetchedComesFirst() {
        consumer.updateBeginningOffsets(Map.of(FIRST, 0L, SECOND, 0L));
        consumer.updateEndOffsets(Map.of(FIRST, 0L, SECOND, 0L));
        // The broker reads the first partition, then both groups arrive, then it reads the second one: a poll sees the
        // younger.
        consumer.schedulePollTask(() -> {
            consumer.updateEndOffsets(Map.of(FIRST, 1L, SECOND, 1L));
            consumer.addRecord(group(SECOND, 0, 1_002));
        });
        consumer.schedulePollTask(() -> consumer.addRecord(group(FIRST, 0, 1_001)));

        List<Long> order = new ArrayList<>();
        try (ArrivalSource source = new ArrivalSource(
                consumer,
                "groups",
                List.of(new SourceRange(0, 0, Long.MAX_VALUE), new SourceRange(1, 0, Long.MAX_VALUE)),
                new GroupFilter(Set.of(), null))) {
            for (int poll = 0; poll < 4; poll++) {
                Optional<TrainingGroup> next = source.next(Duration.ZERO);
                next.ifPresent(group -> order.add(group.timestamp()));
            }
        }

        assertThat(order).containsExactly(1_001L, 1_002L);
    }

    private static ConsumerRecord<String, ScoredGroup> group(TopicPartition partition, long offset, long timestamp) {
        return new ConsumerRecord<>(
                partition.topic(),
                partition.partition(),
                offset,
                timestamp,
                TimestampType.CREATE_TIME,
                0,
                0,
                "prompt",
                Groups.record("group-" + timestamp),
                new RecordHeaders(),
                Optional.empty());
    }
}
