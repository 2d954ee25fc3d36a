package io.counterflow.log.ledger;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.Topic;
import io.counterflow.schemas.TrainingStep;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/**
 * Follows the ledger of one run, by the same reading as {@link LedgerReader}: the same entries in the same order, each once, and a ledger that
 * contradicts itself is refused.
 *
 * <p>A tail waits for nobody. What an open transaction hides, and all that is committed behind it, is not left out: it comes later, in its place, when the
 * transaction has ended; until then the run looks as if it were no further. So a tail is for those who look again and again and may be told late, and not
 * for those who decide by what is not there, which is what {@link LedgerReader} is for. One thread.
 */
public final class LedgerTail implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(100);

    private final byte[] key;
    private final RunLedger ledger;
    private final LedgerRecords records;
    private final Consumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;

    /**
     * Reads nothing yet.
     *
     * @param since nothing of the run is older than this
     * @throws LogException where there is no such topic
     */
    public LedgerTail(Log log, String runId, Instant since) {
        this.key = LedgerRecords.key(runId);
        this.ledger = new RunLedger(runId);
        this.records = new LedgerRecords(log);
        this.consumer = log.rawConsumer(Map.of());
        try {
            String topic = log.topicName(Topic.TRAINING_STEPS);
            this.partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                throw new LogException("there is no topic " + topic + "; create the topics, or check log.topicPrefix");
            }
            consumer.assign(partitions);
            Map<TopicPartition, Long> times = new HashMap<>();
            partitions.forEach(partition -> times.put(partition, since.toEpochMilli()));
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, OffsetAndTimestamp> begins = consumer.offsetsForTimes(times);
            for (TopicPartition partition : partitions) {
                OffsetAndTimestamp begin = begins.get(partition);
                consumer.seek(partition, begin == null ? ends.get(partition) : begin.offset());
            }
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    /**
     * Takes in what has been committed and arrived.
     *
     * @return the entries that were not there yet, in order
     * @throws LedgerException for a ledger that contradicts itself
     */
    public List<TrainingStep> poll() {
        return poll(Duration.ZERO);
    }

    /**
     * Takes in all that is committed at the call.
     *
     * @return the entries that were not there yet, in order
     * @throws LedgerException for a ledger that contradicts itself
     */
    public List<TrainingStep> catchUp() {
        List<TrainingStep> all = new ArrayList<>();
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            all.addAll(poll(POLL));
        }
        return all;
    }

    private List<TrainingStep> poll(Duration timeout) {
        List<TrainingStep> entries = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(timeout)) {
            records.entryOf(key, record)
                    .filter(entry -> ledger.fold(entry, record.offset()))
                    .ifPresent(entries::add);
        }
        return entries;
    }

    /** All that was taken in; grows with every poll. */
    public RunLedger ledger() {
        return ledger;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
