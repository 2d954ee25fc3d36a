package io.counterflow.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.Topic;
import io.counterflow.trainer.SampledGroups;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What "everything" means when a run begins. */
class SourceRangesTest {

    private static final int GROUPS = 40;

    @TempDir
    static Path directory;

    @Test
    void anOfflineRunDoesNotBeginWithoutTheGroupsThatAnOpenTransactionHides() throws Exception {
        SourceConfig everything = SourceConfig.offline(List.of("past"), 1);
        try (EmbeddedLog embedded = EmbeddedLog.start(directory.resolve("kafka"));
                Log log = new Log(embedded.config())) {
            log.createTopics();
            try (Producer<byte[], byte[]> foreign = log.rawProducer(Map.of("transactional.id", "foreign"));
                    SampledGroups groups = new SampledGroups(log, 5L)) {
                foreign.initTransactions();
                foreign.beginTransaction();
                foreign.send(new ProducerRecord<>(
                                log.topicName(Topic.SCORED_GROUPS),
                                0,
                                "x".getBytes(StandardCharsets.UTF_8),
                                new byte[] {1}))
                        .get();
                groups.publish("past", GROUPS);

                assertThatThrownBy(() -> SourceRanges.resolve(log, everything, Duration.ofMillis(100)))
                        .isInstanceOf(LogException.class)
                        .hasMessageContaining("groups may be missing from the run")
                        .hasMessageContaining("behind the open transaction 'foreign'");
                assertThat(SourceRanges.resolve(log, offsets("1:0-"), Duration.ZERO))
                        .as("a partition that hides nothing")
                        .hasSize(1);

                foreign.abortTransaction();
                // The aborted record and the mark of its end are offsets too.
                assertThat(SourceRanges.resolve(log, everything, Duration.ofMinutes(1)).stream()
                                .mapToLong(range -> range.until() - range.from())
                                .sum())
                        .isEqualTo(GROUPS + 2);
            }
        }
    }

    private static SourceConfig offsets(String range) {
        return new SourceConfig(
                SourceMode.OFFLINE, List.of("past"), null, List.of(range), null, null, null, null, null, null, null);
    }
}
