package io.counterflow.log.ledger;

import io.counterflow.log.DecidedEnds;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads the ledger of a run as far as it is written, without disturbing whoever writes it. {@link LedgerTail} follows one. Thread-safe. */
public final class LedgerReader {

    private static final Duration POLL = Duration.ofMillis(200);

    /** Longer than a transaction that somebody left open holds up the end of the topic. */
    private static final Duration LONG_PATIENCE = Duration.ofSeconds(120);

    /** What is there is read without a pause, or the broker is gone. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(120);

    /** Longer than what is committed takes to become visible. */
    private static final Duration SHORT_PATIENCE = Duration.ofSeconds(3);

    private final Log log;
    private final String topic;
    private final Duration shortPatience;
    private final Duration longPatience;

    public LedgerReader(Log log) {
        this(log, SHORT_PATIENCE, LONG_PATIENCE);
    }

    /** @param shortPatience of whoever reads only, {@code longPatience} of whoever is going to write on */
    LedgerReader(Log log, Duration shortPatience, Duration longPatience) {
        this.log = log;
        this.topic = log.topicName(Topic.TRAINING_STEPS);
        this.shortPatience = shortPatience;
        this.longPatience = longPatience;
    }

    /**
     * All that is committed of a run at the time of the call; empty where the run is unknown. Does not wait for long
     * where a transaction is left open: what stands behind one by then is left out, which the program's log says.
     */
    public RunLedger read(String runId) {
        RunLedger ledger = new RunLedger(runId);
        var unused = readInto(ledger, shortPatience);
        return ledger;
    }

    /**
     * All that was ever committed of a run, for whoever is going to write on: waits for other runs' open transactions,
     * behind which something may stand. To be called when the run's earlier writers are shut out.
     *
     * @throws LedgerException where a transaction stays open
     */
    public RunLedger readToTheEnd(String runId) {
        RunLedger ledger = new RunLedger(runId);
        String hidden = readInto(ledger, longPatience);
        if (!hidden.isEmpty()) {
            throw new LedgerException("the end of " + topic + " cannot be read: " + hidden);
        }
        return ledger;
    }

    /**
     * The ledger of a run that must be there; waits as {@link #read} does.
     *
     * @throws UnknownRunException where it is not, with what an open transaction hides
     */
    public RunLedger require(String runId) {
        RunLedger ledger = new RunLedger(runId);
        String hidden = readInto(ledger, shortPatience);
        if (ledger.started().isEmpty()) {
            throw new UnknownRunException("no run " + runId + " in " + topic
                    + (hidden.isEmpty()
                            ? "; is this the right cluster and topic prefix?"
                            : " that can be read, but not all of it can: " + hidden));
        }
        return ledger;
    }

    private String readInto(RunLedger ledger, Duration patience) {
        byte[] key = LedgerRecords.key(ledger.runId());
        LedgerRecords records = new LedgerRecords(log);
        return readThrough(patience, record -> records.entryOf(key, record)
                .ifPresent(entry -> ledger.fold(entry, record.offset())));
    }

    /** Every run that the topic knows, by run id, in the order of their beginnings. */
    public Map<String, RunLedger> readAll() {
        Map<String, RunLedger> ledgers = new LinkedHashMap<>();
        LedgerRecords records = new LedgerRecords(log);
        var unused = readThrough(shortPatience, record -> records.entry(record)
                .ifPresent(entry -> ledgers.computeIfAbsent(entry.getRunId(), RunLedger::new)
                        .fold(entry, record.offset())));
        return ledgers;
    }

    /** Returns what open transactions hide, in words; nothing where that was all. */
    private String readThrough(Duration patience, java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> each) {
        try (Consumer<byte[], byte[]> consumer = log.rawConsumer(Map.of())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            DecidedEnds decided = DecidedEnds.await(log, consumer, partitions, patience);
            long idleSince = System.nanoTime();
            while (decided.ends().entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    each.accept(record);
                    idleSince = System.nanoTime();
                }
                if (System.nanoTime() - idleSince > LONGEST_PAUSE.toNanos()) {
                    throw new LedgerException("the end of " + topic + " cannot be read: no records for "
                            + LONGEST_PAUSE.toSeconds() + " s. Is the broker up?");
                }
            }
            return decided.hiddenInWords();
        }
    }
}
