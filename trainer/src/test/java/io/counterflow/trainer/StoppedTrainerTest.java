package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.replay.CheckpointAudit;
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
    void aRangeThatTwoRecipesRewardedIsRefusedUntilOneIsChosenByItsContent() {
        for (int i = 0; i < 4; i++) {
            groups.publish(groups.group("mixed", 0, 300));
            groups.publish(ScoredGroup.newBuilder(groups.group("mixed", 0, 300))
                    .setRecipeSha256("11223344556677")
                    .build());
        }
        SourceConfig both = SourceConfig.offline(List.of("mixed"), 1);
        SourceConfig one =
                new SourceConfig(both.mode(), both.runs(), "even@1122", null, null, null, 1, null, null, null, null);

        assertThatThrownBy(() -> run(Runs.of("undecided", directory, both, null, 1)))
                .hasMessageContaining("even@00 (4), even@11223344 (4)")
                .hasMessageContaining("set source.recipe");
        run(Runs.of("decided", directory, one, null, 1));
        assertThat(new LedgerReader(log).read("decided").planned().get(1L).getRecipeSha256())
                .isEqualTo("11223344556677");
    }

    @Test
    void aLiveRunKeepsToTheRecipeThatItBeganWithAcrossARestartAndCountsTheOthers() throws Exception {
        TrainerConfig config = Runs.of("switched", directory, SourceConfig.live(), 3L, 1);
        RunningTrainer first = new RunningTrainer(log, config, 1);
        first.awaitStart();
        groups.publish("switched", 4);
        first.awaitEnd();
        for (int i = 0; i < 5; i++) {
            groups.publish(ScoredGroup.newBuilder(groups.group("switched", 0, 300))
                    .setRecipeSha256("11223344556677")
                    .build());
        }
        groups.publish("switched", 8);

        RunningTrainer second = new RunningTrainer(log, config);
        second.awaitEnd();

        RunLedger ledger = new LedgerReader(log).read("switched");
        assertThat(ledger.planned().values())
                .extracting(StepPlanned::getRecipeSha256)
                .containsOnly("00");
        assertThat(ledger.planned().values().stream()
                        .flatMap(plan -> plan.getSetAside().stream())
                        .map(RunLedger::kindOf))
                .containsOnly("was rewarded by recipe even@11223344, but this run learns from @00")
                .isNotEmpty();
        assertThat(second.remarks()).singleElement().asString().contains("even@11223344");
        assertThat(new CheckpointAudit(
                                log,
                                new CheckpointFolder(config.checkpointFolder())
                                        .candidates()
                                        .get(0))
                        .run(used -> {})
                        .faults())
                .isEmpty();
    }

    @Test
    void aPolicyThatLeavesItsReferenceStopsTheRunWithTheStepAndKeepsItsCheckpoints() {
        TrainerConfig fast = Runs.of("diverging", directory, PAST, null, 1).toBuilder()
                .optimizer(OptimizerSettings.constant(0.1))
                .abort(new AbortConfig(2.0, 3))
                .build();

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
