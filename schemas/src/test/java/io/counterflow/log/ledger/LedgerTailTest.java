package io.counterflow.log.ledger;

import static io.counterflow.log.ledger.LedgerEntries.SETTINGS;
import static io.counterflow.log.ledger.LedgerEntries.applied;
import static io.counterflow.log.ledger.LedgerEntries.planned;
import static io.counterflow.log.ledger.LedgerEntries.started;
import static io.counterflow.log.ledger.LedgerEntries.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.SharedCluster;
import io.counterflow.log.SharedCluster.Logs;
import io.counterflow.log.Topic;
import io.counterflow.schemas.TrainingStep;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
@ExtendWith(SharedCluster.class)
class LedgerTailTest {

    @Test
    void everyEntryOfTheRunComesOnceAndThoseOfOthersDoNot(Logs logs) throws Exception {
        try (Log log = logs.open("follows.");
                LedgerTail tail = new LedgerTail(log, "r", Instant.EPOCH)) {
            assertThat(tail.catchUp()).isEmpty();
            write(log, "r", started("r", SETTINGS), planned("r", 1));
            write(log, "other", started("other", SETTINGS), planned("other", 1));

            assertThat(tail.catchUp()).containsExactly(started("r", SETTINGS), planned("r", 1));
            write(log, "r", planned("r", 1), applied("r", 1), applied("r", 1), planned("r", 2));
            assertThat(tail.catchUp()).as("without repetitions").containsExactly(applied("r", 1), planned("r", 2));
            assertThat(tail.catchUp()).isEmpty();
            assertThat(tail.ledger().canonicalSha256())
                    .as("the same as whoever reads all of it has")
                    .isEqualTo(new LedgerReader(log).read("r").canonicalSha256());
        }
    }

    @Test
    void whatATransactionHidesComesInItsPlaceWhenItHasEndedAndNobodyWaitsForIt(Logs logs) throws Exception {
        try (Log log = logs.open("hidden.");
                LedgerTail tail = new LedgerTail(log, "r", Instant.EPOCH);
                Producer<String, SpecificRecord> trainer = log.producer(Map.of("transactional.id", "hidden.trainer"))) {
            write(log, "r", started("r", SETTINGS));
            trainer.initTransactions();
            trainer.beginTransaction();
            trainer.send(record(log, planned("r", 1))).get();
            // Another producer's, committed and behind the first.
            write(log, "r", planned("r", 2));

            assertThat(tail.catchUp()).containsExactly(started("r", SETTINGS));
            assertThat(tail.poll()).isEmpty();
            trainer.commitTransaction();
            assertThat(tail.catchUp()).containsExactly(planned("r", 1), planned("r", 2));
            assertThat(tail.ledger().lastPlanned()).isEqualTo(2);
        }
    }

    @Test
    void aLedgerThatContradictsItselfIsRefused(Logs logs) throws Exception {
        try (Log log = logs.open("refuses.");
                LedgerTail tail = new LedgerTail(log, "r", Instant.EPOCH)) {
            write(log, "r", planned("r", 1, 5), planned("r", 2, 5));

            assertThatThrownBy(tail::catchUp)
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining(
                            "group g5 at partition 0, offset 5 was used in step 1 of the same pass already");
        }
    }

    @Test
    void whatIsOlderThanTheRunIsNotRead(Logs logs) throws Exception {
        try (Log log = logs.open("since.");
                Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            for (long second : new long[] {10, 20, 30}) {
                producer.send(new ProducerRecord<>(
                                log.topicName(Topic.TRAINING_STEPS), 0, second * 1000, "r", planned("r", second / 10)))
                        .get();
            }
            try (LedgerTail tail = new LedgerTail(log, "r", Instant.ofEpochSecond(40))) {
                assertThat(tail.catchUp()).isEmpty();
            }
            try (LedgerTail tail = new LedgerTail(log, "r", Instant.ofEpochSecond(10))) {
                assertThat(tail.catchUp()).hasSize(3);
            }
        }
        try (Log log = logs.empty("nothing.", 1)) {
            assertThatThrownBy(() -> new LedgerTail(log, "r", Instant.EPOCH))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("there is no topic nothing.training-steps");
        }
    }

    private static ProducerRecord<String, SpecificRecord> record(Log log, TrainingStep entry) {
        return new ProducerRecord<>(log.topicName(Topic.TRAINING_STEPS), entry.getRunId(), entry);
    }
}
