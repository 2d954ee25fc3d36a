package io.counterflow.trainer.batch;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.OffsetRange;
import io.counterflow.schemas.ScoredGroup;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Turns a source's configuration into ranges of offsets. Done once, when a run begins: what "now" or "everything" meant
 * is written into the ledger, and every continuation and replay reads it there.
 */
public final class SourceRanges {

    private static final Duration WAIT = Duration.ofSeconds(60);

    /** What is written in a transaction is there within moments, unless somebody hangs. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private SourceRanges() {}

    /**
     * Where ranges end with the log, this waits until all that stands in it now is decided, since an open transaction, whoever's, hides what was
     * committed behind it.
     *
     * @return one range for each partition that is read, by partition; open ones where more is to arrive
     * @throws IllegalArgumentException for a partition that does not exist or a time that cannot be read
     * @throws LogException where a configured range begins before the log does, or where groups of it stay hidden
     */
    public static List<SourceRange> resolve(Log log, SourceConfig source) {
        return resolve(log, source, PATIENCE);
    }

    static List<SourceRange> resolve(Log log, SourceConfig source, Duration patience) {
        String topic = source.topicName(log);
        try (Consumer<String, ScoredGroup> consumer = log.consumer(ScoredGroup.class, Map.of())) {
            List<TopicPartition> partitions = partitions(consumer, topic);
            Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions, WAIT);
            Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions, WAIT));
            Map<TopicPartition, Long> fromTimes = offsetsAt(consumer, partitions, "source.from", source.from());
            Map<TopicPartition, Long> untilTimes = offsetsAt(consumer, partitions, "source.until", source.until());
            Map<Integer, SourceRange> configured = configured(source, topic, partitions);
            boolean closed = source.mode() == SourceMode.OFFLINE || source.stopAtEnd();
            if (closed) {
                List<TopicPartition> toTheEnd = partitions.stream()
                        .filter(p -> !untilTimes.containsKey(p))
                        .filter(p -> configured.isEmpty()
                                || configured.containsKey(p.partition())
                                        && configured.get(p.partition()).until() > ends.get(p))
                        .toList();
                ends.putAll(decidedEnds(log, topic, toTheEnd, patience));
            }

            List<SourceRange> ranges = new ArrayList<>();
            for (TopicPartition partition : partitions) {
                SourceRange wanted = configured.isEmpty()
                        ? new SourceRange(partition.partition(), beginnings.get(partition), Long.MAX_VALUE)
                        : configured.get(partition.partition());
                if (wanted == null) {
                    continue;
                }
                if (wanted.from() < beginnings.get(partition)) {
                    throw gone(partition, wanted.from(), beginnings.get(partition));
                }
                long end = ends.get(partition);
                long from = source.mode() == SourceMode.LIVE ? end : wanted.from();
                if (source.from() != null) {
                    from = Math.max(from, fromTimes.getOrDefault(partition, end));
                }
                long until = Math.min(wanted.until(), end);
                if (source.until() != null) {
                    until = Math.min(until, untilTimes.getOrDefault(partition, end));
                }
                ranges.add(
                        new SourceRange(partition.partition(), from, closed ? Math.max(from, until) : wanted.until()));
            }
            return ranges;
        }
    }

    private static Map<TopicPartition, Long> decidedEnds(
            Log log, String topic, List<TopicPartition> partitions, Duration patience) {
        Map<TopicPartition, Long> ends = new HashMap<>();
        if (partitions.isEmpty()) {
            return ends;
        }
        try (LogReader<ScoredGroup> reader = new LogReader<>(log, topic, ScoredGroup.class, patience)) {
            for (OffsetRange range : reader.everything()) {
                TopicPartition partition = new TopicPartition(topic, range.partition());
                if (partitions.contains(partition)) {
                    ends.put(partition, range.until());
                }
            }
            reader.hidden().stream()
                    .filter(part -> partitions.contains(new TopicPartition(topic, part.partition())))
                    .findFirst()
                    .ifPresent(part -> {
                        throw new LogException("groups may be missing from the run: " + part
                                + "; begin when it has ended, or end the source before it (source.offsets)");
                    });
        }
        return ends;
    }

    static LogException gone(TopicPartition partition, long offset, long beginning) {
        return new LogException("partition " + partition.partition() + " of " + partition.topic()
                + " begins at offset " + beginning + ", but offset " + offset
                + " is needed: retention removed it, or it was deleted; restore it from an export, or begin a new run");
    }

    private static Map<Integer, SourceRange> configured(
            SourceConfig source, String topic, List<TopicPartition> partitions) {
        Map<Integer, SourceRange> ranges = source.offsets().stream()
                .map(SourceRange::parse)
                .collect(Collectors.toMap(SourceRange::partition, range -> range, (a, b) -> {
                    throw new IllegalArgumentException("source.offsets names partition " + a.partition() + " twice");
                }));
        ranges.keySet().stream()
                .filter(p -> partitions.stream().noneMatch(tp -> tp.partition() == p))
                .findFirst()
                .ifPresent(p -> {
                    throw new IllegalArgumentException("source.offsets names partition " + p + ", but " + topic
                            + " has partitions 0 to " + (partitions.size() - 1));
                });
        return ranges;
    }

    private static Map<TopicPartition, Long> offsetsAt(
            Consumer<?, ?> consumer, List<TopicPartition> partitions, String key, String time) {
        if (time == null) {
            return Map.of();
        }
        Instant instant;
        try {
            instant = Instant.parse(time);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    key + " is '" + time + "', which is no time; write it like 2026-11-21T08:00:00Z");
        }
        Map<TopicPartition, Long> offsets = new HashMap<>();
        Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(
                partitions.stream().collect(Collectors.toMap(p -> p, p -> instant.toEpochMilli())), WAIT);
        found.forEach((partition, offset) -> {
            if (offset != null) {
                offsets.put(partition, offset.offset());
            }
        });
        return offsets;
    }

    static List<TopicPartition> partitions(Consumer<?, ?> consumer, String topic) {
        List<PartitionInfo> infos = consumer.partitionsFor(topic, WAIT);
        if (infos == null || infos.isEmpty()) {
            throw new LogException("topic " + topic + " does not exist; create the topics first");
        }
        return infos.stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .sorted(Comparator.comparingInt(TopicPartition::partition))
                .toList();
    }
}
