package io.counterflow.cli.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.cli.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.Topic;
import io.counterflow.trainer.AbortConfig;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.TrainingStoppedException;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.step.OptimizerSettings;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stops a run, and what is left then. */
class StoppedTrainerTest {

    private static final long SEED = 2406;
    private static final SourceConfig PAST = SourceConfig.offline(List.of("past"), 1);

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;
    private static Log log;
    private static SampledGroups groups;

    @BeforeAll
    static void start() {
        embedded = EmbeddedLog.start(directory.resolve("kafka"));
        log = new Log(embedded.config());
        log.createTopics();
        groups = new SampledGroups(log, SEED);
        groups.publish("past", 50);
    }

    @AfterAll
    static void stop() {
        groups.close();
        log.close();
        embedded.close();
    }

    @Test
    void aModelThatDoesNotKnowTheTokensStopsTheRunWithPartitionAndOffset() throws Exception {
        TrainerConfig config = Runs.of("unfit", directory, SourceConfig.live(), 2L, 1);
        RunningTrainer running = new RunningTrainer(log, config);
        running.awaitStart();
        groups.publish(groups.group("unfit", 0, 4000));

        assertThatThrownBy(running::awaitEnd)
                .hasCauseInstanceOf(TrainingStoppedException.class)
                .hasMessageContaining("does not fit the model")
                .hasMessageContaining("partition")
                .hasMessageContaining("the vocabulary has 384 tokens");
    }

    @Test
    void aPolicyThatLeavesItsReferenceStopsTheRunWithTheStepAndKeepsItsCheckpoints() {
        TrainerConfig usual = Runs.of("diverging", directory, PAST, null, 1);
        TrainerConfig fast = new TrainerConfig(
                usual.runId(),
                usual.model(),
                null,
                null,
                usual.directory(),
                usual.objective(),
                OptimizerSettings.constant(0.1),
                usual.batch(),
                usual.compute(),
                null,
                usual.source(),
                usual.checkpoint(),
                null,
                new AbortConfig(2.0, 3),
                usual.seed(),
                null);

        assertThatThrownBy(() -> run(fast))
                .isInstanceOf(TrainingStoppedException.class)
                .hasMessageContaining("run diverging: step ")
                .hasMessageContaining("the estimated KL divergence to the reference is ")
                .hasMessageContaining("above abort.maxKl 2.0 for 3 steps")
                .hasMessageContaining("is untouched");
        assertThat(CheckpointFolder.open(new CheckpointFolder(fast.checkpointFolder())
                                .candidates()
                                .get(0))
                        .step())
                .isPositive();
    }

    @Test
    void groupsThatRetentionRemovedStopTheRunWithPartitionAndOffset() throws Exception {
        try (Log other = new Log(new LogConfig(
                        embedded.config().bootstrapServers(),
                        embedded.config().schemaRegistryUrl(),
                        "short-lived-",
                        null,
                        null,
                        null));
                Admin admin = other.admin()) {
            other.createTopics();
            try (SampledGroups shortLived = new SampledGroups(other, SEED)) {
                shortLived.publish("past", 12);
            }
            TrainerConfig config = Runs.of("gone", directory, PAST, null, 10);
            new RunningTrainer(other, config, 2).awaitEnd();
            String topic = other.topicName(Topic.SCORED_GROUPS);
            for (int p = 0; p < 4; p++) {
                admin.deleteRecords(Map.of(new TopicPartition(topic, p), RecordsToDelete.beforeOffset(-1)))
                        .all()
                        .get();
            }

            assertThatThrownBy(() -> new TrainerService(other, config, InstantSource.system()).run())
                    .isInstanceOf(TrainingStoppedException.class)
                    .hasMessageContaining("begins at offset")
                    .hasMessageContaining("There is no checkpoint yet");
        }
    }

    private static void run(TrainerConfig config) {
        new TrainerService(log, config, InstantSource.system()).run();
    }
}
