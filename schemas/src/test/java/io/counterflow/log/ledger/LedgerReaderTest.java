package io.counterflow.log.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.Log;
import io.counterflow.log.Publication;
import io.counterflow.log.SharedCluster;
import io.counterflow.log.SharedCluster.Logs;
import io.counterflow.log.Topic;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.TrainingStep;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
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

    private static void publish(Log log, String runId) {
        try (Publication publication = new Publication(log, Topic.TRAINING_STEPS)) {
            publication.add(
                    runId,
                    TrainingStep.newBuilder()
                            .setRunId(runId)
                            .setStep(0)
                            .setEntry(RunStarted.newBuilder()
                                    .setSourceTopic("scored-groups")
                                    .setConfiguration("{}")
                                    .setConfigurationSha256("c")
                                    .setInitialCheckpoint("somewhere")
                                    .setInitialWeightsSha256("w")
                                    .setSoftwareVersion("1")
                                    .setStartedAt(Instant.EPOCH)
                                    .build())
                            .build());
            publication.finish();
        }
    }
}
