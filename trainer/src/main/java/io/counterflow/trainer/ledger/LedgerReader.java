package io.counterflow.trainer.ledger;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.log.UnreadableRecords;
import io.counterflow.schemas.TrainingStep;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;

/** Reads the ledger of a run, without disturbing whoever writes it. */
public final class LedgerReader {

    private static final Duration POLL = Duration.ofMillis(200);

    /** Longer than a transaction that somebody left open holds up the end of the topic. */
    private static final Duration LONG_PATIENCE = Duration.ofSeconds(120);

    /** Longer than what is committed takes to become visible. */
    private static final Duration SHORT_PATIENCE = Duration.ofSeconds(3);

    private final Log log;
    private final String topic;

    public LedgerReader(Log log) {
        this.log = log;
        this.topic = log.topicName(Topic.TRAINING_STEPS);
    }

    /**
     * All that is committed of a run at the time of the call; empty where the run is unknown. Does not wait for long
     * where a transaction is left open: what stands behind one by then is left out.
     */
    public RunLedger read(String runId) {
        return read(runId, false);
    }

    /**
     * All that was ever committed of a run, for whoever is going to write on: waits for other runs' open transactions,
     * behind which something may stand. To be called when the run's earlier writers are shut out.
     */
    public RunLedger readToTheEnd(String runId) {
        return read(runId, true);
    }

    private RunLedger read(String runId, boolean toTheEnd) {
        RunLedger ledger = new RunLedger(runId);
        byte[] key = runId.getBytes(StandardCharsets.UTF_8);
        Deserializer<TrainingStep> deserializer = log.deserializer(TrainingStep.class);
        UnreadableRecords unreadable = new UnreadableRecords();
        readThrough(toTheEnd, record -> {
            if (Arrays.equals(key, record.key())) {
                unreadable.value(record, deserializer).ifPresent(entry -> ledger.fold(entry, record.offset()));
            }
        });
        return ledger;
    }

    /** Every run that the topic knows, by run id, in the order of their beginnings. */
    public Map<String, RunLedger> readAll() {
        Map<String, RunLedger> ledgers = new LinkedHashMap<>();
        Deserializer<TrainingStep> deserializer = log.deserializer(TrainingStep.class);
        UnreadableRecords unreadable = new UnreadableRecords();
        readThrough(false, record -> unreadable.value(record, deserializer).ifPresent(entry -> ledgers.computeIfAbsent(
                        entry.getRunId(), RunLedger::new)
                .fold(entry, record.offset())));
        return ledgers;
    }

    /** The ledger of a run that must be there. */
    public RunLedger require(String runId) {
        RunLedger ledger = read(runId);
        if (ledger.started().isEmpty()) {
            throw new LedgerException(
                    "no run " + runId + " in " + topic + "; is this the right cluster and topic prefix?");
        }
        return ledger;
    }

    private void readThrough(boolean toTheEnd, java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> each) {
        try (Consumer<byte[], byte[]> consumer = log.rawConsumer(Map.of())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = endsOfEverything(partitions);
            long idleSince = System.nanoTime();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    each.accept(record);
                    idleSince = System.nanoTime();
                }
                long idle = System.nanoTime() - idleSince;
                if (!toTheEnd && idle > SHORT_PATIENCE.toNanos() && atCommittedEnds(consumer, partitions)) {
                    return;
                }
                if (idle > LONG_PATIENCE.toNanos()) {
                    throw new LedgerException("the end of " + topic + " cannot be read: no records for "
                            + LONG_PATIENCE.toSeconds() + " s. Is the broker up? Is a transaction open?");
                }
            }
        }
    }

    private static boolean atCommittedEnds(Consumer<?, ?> consumer, List<TopicPartition> partitions) {
        return consumer.endOffsets(partitions).entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    /**
     * Ends including open transactions. The committed end would do, were it not that another run's open transaction
     * hides whatever this run has committed behind it.
     */
    private Map<TopicPartition, Long> endsOfEverything(List<TopicPartition> partitions) {
        try (Consumer<byte[], byte[]> consumer = log.rawConsumer(Map.of("isolation.level", "read_uncommitted"))) {
            return consumer.endOffsets(partitions);
        }
    }
}
