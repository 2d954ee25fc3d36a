package io.counterflow.log.ledger;

import static io.counterflow.log.ledger.LedgerEntries.SETTINGS;
import static io.counterflow.log.ledger.LedgerEntries.planned;
import static io.counterflow.log.ledger.LedgerEntries.started;
import static io.counterflow.log.ledger.LedgerEntries.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.Log;
import io.counterflow.log.SharedCluster;
import io.counterflow.log.SharedCluster.Logs;
import io.counterflow.log.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What somebody's open transaction hides of a ledger is never left out without a word. */
@ExtendWith(SharedCluster.class)
class LedgerReaderTest {

    private static final String HIDDEN = "behind the open transaction 'foreign'";

    @Test
    void aRunThatATransactionHidesIsNotCalledUnknownAndIsNotGoneOnWith(Logs logs) throws Exception {
        try (Log log = logs.open("hides.")) {
            LedgerReader reader = new LedgerReader(log, Duration.ofMillis(100), Duration.ofMillis(100));
            publish(log, "before");
            try (Producer<byte[], byte[]> foreign = log.rawProducer(Map.of("transactional.id", "foreign"))) {
                foreign.initTransactions();
                foreign.beginTransaction();
                foreign.send(new ProducerRecord<>(
                                log.topicName(Topic.TRAINING_STEPS),
                                0,
                                "x".getBytes(StandardCharsets.UTF_8),
                                new byte[] {1}))
                        .get();
                publish(log, "behind");

                assertThat(reader.require("before").started()).isPresent();
                assertThat(reader.read("behind").started()).isEmpty();
                assertThatThrownBy(() -> reader.require("behind"))
                        .isInstanceOf(LedgerException.class)
                        .hasMessageContaining("no run behind in hides.training-steps that can be read")
                        .hasMessageContaining(HIDDEN);
                assertThatThrownBy(() -> reader.readToTheEnd("before"))
                        .isInstanceOf(LedgerException.class)
                        .hasMessageContaining("the end of hides.training-steps cannot be read")
                        .hasMessageContaining(HIDDEN);

                foreign.abortTransaction();
                assertThat(new LedgerReader(log).require("behind").started()).isPresent();
                assertThat(new LedgerReader(log).readAll()).containsOnlyKeys("before", "behind");
                assertThatThrownBy(() -> new LedgerReader(log).require("nobody"))
                        .hasMessage(
                                "no run nobody in hides.training-steps; is this the right cluster and topic prefix?");
            }
        }
    }

    @Test
    void anEntryUnderAnotherRunsKeyIsNobodys(Logs logs) throws Exception {
        try (Log log = logs.open("keys.")) {
            write(log, "r", started("r", SETTINGS), planned("r", 1));
            write(log, "r", planned("other", 2));
            write(log, "other", planned("r", 2));

            LedgerReader reader = new LedgerReader(log);
            assertThat(reader.read("r").lastPlanned()).isEqualTo(1);
            assertThat(reader.readAll()).containsOnlyKeys("r");
            assertThat(reader.readAll().get("r").canonicalSha256())
                    .isEqualTo(reader.read("r").canonicalSha256());
            assertThatThrownBy(() -> reader.require("other")).isInstanceOf(UnknownRunException.class);
        }
    }

    private static void publish(Log log, String runId) throws Exception {
        write(log, runId, started(runId, SETTINGS));
    }
}
