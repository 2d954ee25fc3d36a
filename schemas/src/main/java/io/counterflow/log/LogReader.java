package io.counterflow.log;

import io.counterflow.log.ReadableRecords.Missing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads fixed parts of a topic, committed records only. What it returns depends on the log alone: the same ranges give
 * the same records in the same order. One thread at a time.
 */
public final class LogReader<T extends SpecificRecord> implements AutoCloseable {

    /** Positions closer than this are read in one go rather than sought one by one. */
    private static final long WORTH_SEEKING = 1_000;

    /** How long a reader of everything waits for transactions that are open: those of our services end sooner. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Log log;
    private final String topic;
    private final Class<T> type;
    private final Duration patience;
    private final Consumer<String, T> consumer;
    private final ReadableRecords<T> readable;
    private final ReadableRecords<T> withMissing;
    private List<HiddenRecords> hidden = List.of();

    public LogReader(Log log, Topic topic, Class<T> type) {
        this(log, log.topicName(topic), type);
    }

    /** @param topicName with its prefix */
    public LogReader(Log log, String topicName, Class<T> type) {
        this(log, topicName, type, PATIENCE);
    }

    /**
     * @param topicName with its prefix
     * @param patience how long {@link #everything} and {@link #between} wait for open transactions
     */
    public LogReader(Log log, String topicName, Class<T> type, Duration patience) {
        this.log = log;
        this.topic = topicName;
        this.type = type;
        this.patience = patience;
        // What is read is there already. A fetch that waited for more at the end of a partition would hold up the next
        // one, of another place, for as long.
        this.consumer = log.consumer(type, Map.of("fetch.max.wait.ms", 5));
        this.readable = new ReadableRecords<>(consumer, Missing.UNREADABLE);
        this.withMissing = new ReadableRecords<>(consumer, Missing.KEPT);
    }

    /**
     * From where the log begins to where it is committed, one range a partition, by partition. An open transaction, whoever's, hides what was committed
     * behind it: this waits until all that stands in the log now is decided, for a bounded time, and says what it waits for. What is hidden even then is
     * said, and in {@link #hidden()}.
     */
    public List<OffsetRange> everything() {
        List<TopicPartition> partitions = partitions();
        return ranges(consumer.beginningOffsets(partitions), decidedEnds(partitions));
    }

    /** The same, but what is committed at this moment, without a wait and without a word: for those who look again and again. */
    public List<OffsetRange> committed() {
        List<TopicPartition> partitions = partitions();
        return ranges(consumer.beginningOffsets(partitions), consumer.endOffsets(partitions));
    }

    /** The records with timestamps from {@code from} on and before {@code until}, one range a partition; waits as {@link #everything} does. */
    public List<OffsetRange> between(Instant from, Instant until) {
        List<TopicPartition> partitions = partitions();
        Map<TopicPartition, Long> end = decidedEnds(partitions);
        return ranges(offsetsAt(from, partitions, end), offsetsAt(until, partitions, end));
    }

    /** What the last call of {@link #everything} or {@link #between} did not see; empty where that was all. */
    public List<HiddenRecords> hidden() {
        return hidden;
    }

    /**
     * Hands over what is hidden, decided or not: some of it may never be committed. What cannot be read as this reader's records is passed over, since
     * it is somebody else's.
     */
    public void readHidden(java.util.function.Consumer<ConsumerRecord<String, T>> each) {
        if (hidden.isEmpty()) {
            return;
        }
        try (Consumer<String, T> all =
                log.consumer(type, Map.of("fetch.max.wait.ms", 5, "isolation.level", "read_uncommitted"))) {
            ReadableRecords<T> records = new ReadableRecords<>(all, Missing.UNREADABLE);
            for (HiddenRecords part : hidden) {
                TopicPartition partition = new TopicPartition(topic, part.partition());
                all.assign(List.of(partition));
                all.seek(partition, part.from());
                while (all.position(partition) < part.until()) {
                    for (ConsumerRecord<String, T> record : records.poll(Duration.ofMillis(200))) {
                        if (record.offset() < part.until()) {
                            each.accept(record);
                        }
                    }
                }
            }
        }
    }

    private Map<TopicPartition, Long> decidedEnds(List<TopicPartition> partitions) {
        DecidedEnds decided = DecidedEnds.await(log, consumer, partitions, patience);
        hidden = decided.hidden();
        return decided.ends();
    }

    private Map<TopicPartition, Long> offsetsAt(
            Instant time, List<TopicPartition> partitions, Map<TopicPartition, Long> end) {
        Map<TopicPartition, Long> asked = new HashMap<>();
        partitions.forEach(p -> asked.put(p, time.toEpochMilli()));
        Map<TopicPartition, Long> offsets = new HashMap<>(end);
        Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(asked);
        found.forEach((partition, at) -> {
            if (at != null) {
                offsets.put(partition, Math.min(at.offset(), end.get(partition)));
            }
        });
        return offsets;
    }

    private static List<OffsetRange> ranges(Map<TopicPartition, Long> from, Map<TopicPartition, Long> until) {
        return from.keySet().stream()
                .map(p -> new OffsetRange(p.partition(), from.get(p), Math.max(from.get(p), until.get(p))))
                .sorted(Comparator.comparingInt(OffsetRange::partition))
                .toList();
    }

    private List<TopicPartition> partitions() {
        List<TopicPartition> partitions = new ArrayList<>();
        for (PartitionInfo info : consumer.partitionsFor(topic)) {
            partitions.add(new TopicPartition(topic, info.partition()));
        }
        if (partitions.isEmpty()) {
            throw new LogException("there is no topic " + topic + "; create the topics, or check log.topicPrefix");
        }
        return partitions;
    }

    /**
     * Hands over every record of the ranges, range by range in the given order. One that cannot be read, or has no value, is passed over and named in
     * the program's log ({@link #passedOver}).
     *
     * @throws LogException naming partition and offset, when a range begins before the log does, because retention
     *     removed records, or ends after what is committed
     */
    public void read(List<OffsetRange> ranges, java.util.function.Consumer<ConsumerRecord<String, T>> each) {
        read(ranges, readable, each);
    }

    /** The same, but records without a value are handed over, too: the ends of keys, for whoever copies a topic. */
    public void readWithTombstones(
            List<OffsetRange> ranges, java.util.function.Consumer<ConsumerRecord<String, T>> each) {
        read(ranges, withMissing, each);
    }

    /** How many records could not be read so far. */
    public long passedOver() {
        return readable.passedOver() + withMissing.passedOver();
    }

    private void read(
            List<OffsetRange> ranges,
            ReadableRecords<T> records,
            java.util.function.Consumer<ConsumerRecord<String, T>> each) {
        for (OffsetRange range : ranges) {
            if (range.from() < range.until()) {
                read(range, records, each);
            }
        }
    }

    private void read(
            OffsetRange range,
            ReadableRecords<T> records,
            java.util.function.Consumer<ConsumerRecord<String, T>> each) {
        TopicPartition partition = new TopicPartition(topic, range.partition());
        List<TopicPartition> assigned = List.of(partition);
        if (!consumer.assignment().equals(Set.of(partition))) {
            consumer.assign(assigned);
        }
        requireFrom(partition, range.from());
        long end = consumer.endOffsets(assigned).get(partition);
        if (range.until() > end) {
            throw new LogException("partition " + range.partition() + " of " + topic + " is committed until offset "
                    + end + ", but offset " + (range.until() - 1)
                    + " is needed; was the log moved or its data directory changed?");
        }
        consumer.seek(partition, range.from());
        try {
            while (consumer.position(partition) < range.until()) {
                for (ConsumerRecord<String, T> record : records.poll(Duration.ofMillis(200))) {
                    if (record.offset() < range.until()) {
                        each.accept(record);
                    }
                }
            }
        } catch (OffsetOutOfRangeException e) {
            requireFrom(partition, range.from());
            throw e;
        }
    }

    private void requireFrom(TopicPartition partition, long from) {
        long begin = consumer.beginningOffsets(List.of(partition)).get(partition);
        if (from < begin) {
            throw new LogException("partition " + partition.partition() + " of " + topic + " begins at offset " + begin
                    + ", but offset " + from + " is needed: retention removed it, or it was deleted; restore it from"
                    + " an export, or begin at " + begin);
        }
    }

    /**
     * The records at these positions, in the order asked.
     *
     * @throws LogException naming partition and offset, when there is no committed record
     */
    public List<ConsumerRecord<String, T>> at(Collection<LogPosition> positions) {
        Map<Integer, TreeSet<Long>> wanted = new TreeMap<>();
        for (LogPosition position : positions) {
            wanted.computeIfAbsent(position.partition(), p -> new TreeSet<>()).add(position.offset());
        }
        Map<LogPosition, ConsumerRecord<String, T>> found = new HashMap<>();
        wanted.forEach((partition, offsets) -> read(near(partition, offsets), readable, record -> {
            if (offsets.contains(record.offset())) {
                found.put(new LogPosition(partition, record.offset()), record);
            }
        }));
        return positions.stream().map(record(found)).toList();
    }

    private Function<LogPosition, ConsumerRecord<String, T>> record(Map<LogPosition, ConsumerRecord<String, T>> found) {
        return position -> {
            ConsumerRecord<String, T> record = found.get(position);
            if (record == null) {
                throw new LogException("partition " + position.partition() + " of " + topic
                        + " has no committed record at offset " + position.offset()
                        + " that can be read; was the log moved or its data directory changed?");
            }
            return record;
        };
    }

    private static List<OffsetRange> near(int partition, SortedSet<Long> offsets) {
        List<OffsetRange> ranges = new ArrayList<>();
        long from = offsets.first();
        long last = from;
        for (long offset : offsets) {
            if (offset - last > WORTH_SEEKING) {
                ranges.add(new OffsetRange(partition, from, last + 1));
                from = offset;
            }
            last = offset;
        }
        ranges.add(new OffsetRange(partition, from, last + 1));
        return ranges;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
