package io.counterflow.log.ledger;

import io.counterflow.log.Log;
import io.counterflow.log.UnreadableRecords;
import io.counterflow.schemas.TrainingStep;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * What the records of the topic are to a ledger: an entry stands under the run id that it has. Whatever else stands there is passed over, see {@link
 * UnreadableRecords}. One thread.
 */
final class LedgerRecords {

    private final Deserializer<TrainingStep> deserializer;
    private final UnreadableRecords unreadable = new UnreadableRecords();

    LedgerRecords(Log log) {
        this.deserializer = log.deserializer(TrainingStep.class);
    }

    /** The entry that a record is; empty where it is none. */
    Optional<TrainingStep> entry(ConsumerRecord<byte[], byte[]> record) {
        Optional<TrainingStep> entry = unreadable.value(record, deserializer);
        if (entry.isPresent() && !Arrays.equals(key(entry.get().getRunId()), record.key())) {
            unreadable.passOver(
                    record.topic(),
                    record.partition(),
                    record.offset(),
                    "it is an entry of run " + entry.get().getRunId() + " under another key");
            return Optional.empty();
        }
        return entry;
    }

    /** The same of one run; those of others are not looked into. */
    Optional<TrainingStep> entryOf(byte[] key, ConsumerRecord<byte[], byte[]> record) {
        return Arrays.equals(key, record.key()) ? entry(record) : Optional.empty();
    }

    /** The key that a run's entries stand under. */
    static byte[] key(String runId) {
        return runId.getBytes(StandardCharsets.UTF_8);
    }
}
