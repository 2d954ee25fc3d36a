package io.counterflow.trainer.batch;

import io.counterflow.log.Log;
import io.counterflow.log.LogPosition;
import io.counterflow.log.ReadableRecords;
import io.counterflow.log.ReadableRecords.Missing;
import io.counterflow.schemas.ScoredGroup;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

/**
 * Groups in the order of their arrival.
 *
 * <p>Partitions are merged by record time: a group is given out once every other partition was read as far as it went when
 * the group had been fetched, so an older one that stood in the log by then comes first. Within a partition the order is
 * always that of the offsets. So a run that starts late, or again, over a part that others saw arriving, sees it in the same
 * order, with two exceptions, which no reader can settle: groups of the same millisecond in two partitions, and a group that
 * a transaction committed after younger ones had been seen. The order that counts is the one that the ledger names.
 *
 * <p>Reads committed records only and commits nothing: positions belong to the ledger and the checkpoints.
 */
public final class ArrivalSource implements GroupSource {

    /** A partition that is this far ahead of the others is not fetched from until they catch up. */
    private static final int AHEAD = 1000;

    private final String topic;
    private final GroupFilter filter;
    private final Consumer<String, ScoredGroup> consumer;
    private final ReadableRecords<ScoredGroup> readable;
    private final Map<Integer, Lane> lanes = new TreeMap<>();

    /** One partition: what was fetched of it and not given out, and how far it has to be read before merging. */
    private static final class Lane {
        private final TopicPartition partition;
        private final long until;
        /** What stands before it may be older than what other partitions hold. */
        private long backlogEnd;

        private final ArrayDeque<TrainingGroup> fetched = new ArrayDeque<>();
        private boolean readToBacklogEnd;
        private boolean ended;

        private Lane(TopicPartition partition, long until, long backlogEnd) {
            this.partition = partition;
            this.until = until;
            this.backlogEnd = backlogEnd;
        }
    }

    /**
     * Follows a topic of groups.
     *
     * @param topic its name, with the log's prefix
     * @param ranges what to read, by partition; begins where the ledger left off
     */
    public ArrivalSource(Log log, String topic, List<SourceRange> ranges, GroupFilter filter) {
        this(log.consumer(ScoredGroup.class, Map.of("max.poll.records", AHEAD)), topic, ranges, filter);
    }

    /** Takes the consumer over and closes it. */
    ArrivalSource(Consumer<String, ScoredGroup> consumer, String topic, List<SourceRange> ranges, GroupFilter filter) {
        this.topic = topic;
        this.filter = filter;
        this.consumer = consumer;
        this.readable = new ReadableRecords<>(consumer, Missing.UNREADABLE);
        try {
            List<TopicPartition> partitions = ranges.stream()
                    .map(range -> new TopicPartition(topic, range.partition()))
                    .toList();
            consumer.assign(partitions);
            Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            for (SourceRange range : ranges) {
                TopicPartition partition = new TopicPartition(topic, range.partition());
                if (range.from() < beginnings.get(partition)) {
                    throw SourceRanges.gone(partition, range.from(), beginnings.get(partition));
                }
                consumer.seek(partition, range.from());
                lanes.put(
                        range.partition(),
                        new Lane(partition, range.until(), Math.min(range.until(), ends.get(partition))));
            }
            noteProgress();
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    @Override
    public Optional<TrainingGroup> next(Duration wait) {
        Optional<TrainingGroup> ready = take();
        if (ready.isPresent() || ended()) {
            return ready;
        }
        fetch(wait);
        return take();
    }

    private Optional<TrainingGroup> take() {
        boolean mayMerge = lanes.values().stream().allMatch(l -> !l.fetched.isEmpty() || l.readToBacklogEnd);
        if (!mayMerge) {
            return Optional.empty();
        }
        return lanes.values().stream()
                .filter(l -> !l.fetched.isEmpty())
                .min(Comparator.comparingLong((Lane l) -> l.fetched.peek().timestamp())
                        .thenComparingInt(l -> l.partition.partition()))
                .map(l -> l.fetched.poll());
    }

    private void fetch(Duration wait) {
        for (Lane lane : lanes.values()) {
            if (lane.ended || lane.fetched.size() > AHEAD) {
                consumer.pause(List.of(lane.partition));
            } else {
                consumer.resume(List.of(lane.partition));
            }
        }
        boolean arrived = false;
        try {
            for (ConsumerRecord<String, ScoredGroup> record : readable.poll(wait)) {
                arrived = true;
                Lane lane = lanes.get(record.partition());
                if (record.offset() < lane.until) {
                    TrainingGroup group = TrainingGroup.of(
                            new LogPosition(record.partition(), record.offset()), record.timestamp(), record.value());
                    if (filter.accepts(group)) {
                        lane.fetched.add(group);
                    }
                }
            }
        } catch (OffsetOutOfRangeException e) {
            TopicPartition partition =
                    e.offsetOutOfRangePartitions().keySet().iterator().next();
            throw SourceRanges.gone(
                    partition,
                    e.offsetOutOfRangePartitions().get(partition),
                    consumer.beginningOffsets(List.of(partition)).get(partition));
        }
        if (arrived) {
            // A poll answers partition by partition: what came with it from one may be younger than what another got
            // meanwhile.
            Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
            for (Lane lane : lanes.values()) {
                lane.backlogEnd = Math.min(lane.until, ends.get(lane.partition));
                lane.readToBacklogEnd = false;
            }
        }
        noteProgress();
    }

    private void noteProgress() {
        for (Lane lane : lanes.values()) {
            long position = consumer.position(lane.partition);
            lane.readToBacklogEnd |= position >= lane.backlogEnd;
            lane.ended |= position >= lane.until;
        }
    }

    @Override
    public long epoch() {
        return 0;
    }

    @Override
    public boolean ended() {
        return lanes.values().stream().allMatch(l -> l.ended && l.fetched.isEmpty());
    }

    @Override
    public boolean betweenEpochs() {
        return false;
    }

    @Override
    public void close() {
        consumer.close();
    }

    @Override
    public String toString() {
        return topic + " "
                + lanes.values().stream()
                        .map(l -> l.partition.partition() + ":" + consumer.position(l.partition))
                        .collect(Collectors.joining(" "));
    }
}
