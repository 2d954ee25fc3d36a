package io.counterflow.trainer.batch;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.ScoredGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads groups at exact positions, as the ledger names them. Keeps what it has read for a while, so that reading a range
 * that fits into memory many times costs one reading. Not thread-safe.
 */
public final class GroupReader implements AutoCloseable {

    /** Keeps about 256 MiB. */
    public static final long DEFAULT_KEEP = 32L << 20;

    private final String topic;
    private final LogReader<ScoredGroup> reader;
    private final GroupCache kept;

    /**
     * Reads a topic of groups.
     *
     * @param topic its name, with the log's prefix
     * @param keepTokens how many tokens' worth of groups are kept in memory; a token takes about 8 bytes
     */
    public GroupReader(Log log, String topic, long keepTokens) {
        this.topic = topic;
        this.reader = new LogReader<>(log, topic, ScoredGroup.class);
        this.kept = new GroupCache(keepTokens);
    }

    /**
     * The groups at these positions, in this order.
     *
     * @throws LogException naming partition and offset, where a record is gone, or is another group than the ledger says
     */
    public List<TrainingGroup> read(List<GroupPosition> positions) {
        Map<LogPosition, TrainingGroup> found = new HashMap<>();
        List<LogPosition> absent = new ArrayList<>();
        for (GroupPosition named : positions) {
            LogPosition position = new LogPosition(named.getPartition(), named.getOffset());
            kept.get(position).ifPresentOrElse(group -> found.put(position, group), () -> absent.add(position));
        }
        for (ConsumerRecord<String, ScoredGroup> record : reader.at(absent)) {
            TrainingGroup group = group(record);
            found.put(group.position(), group);
            kept.put(group);
        }
        List<TrainingGroup> groups = new ArrayList<>(positions.size());
        for (GroupPosition named : positions) {
            TrainingGroup group = found.get(new LogPosition(named.getPartition(), named.getOffset()));
            if (!group.groupId().equals(named.getGroupId())) {
                throw new LogException(topic + " has group " + group.groupId() + " at " + group.where()
                        + ", but the ledger names " + named.getGroupId()
                        + ": the topic was deleted and made anew, or this is another cluster");
            }
            groups.add(group);
        }
        return groups;
    }

    /** Every record of a range in the order of its offsets, whichever run it belongs to. */
    public void scan(SourceRange range, Consumer<TrainingGroup> each) {
        reader.read(List.of(range.closed()), record -> {
            TrainingGroup group = group(record);
            kept.put(group);
            each.accept(group);
        });
    }

    private static TrainingGroup group(ConsumerRecord<String, ScoredGroup> record) {
        return TrainingGroup.of(
                new LogPosition(record.partition(), record.offset()), record.timestamp(), record.value());
    }

    @Override
    public void close() {
        reader.close();
    }
}
