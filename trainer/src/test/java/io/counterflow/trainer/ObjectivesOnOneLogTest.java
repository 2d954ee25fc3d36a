package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.objective.ObjectiveName;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What many runs make of one log. */
class ObjectivesOnOneLogTest {

    private static final SourceConfig PAST = SourceConfig.offline(List.of("past"), 1);

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;
    private static Log log;

    @BeforeAll
    static void start() {
        embedded = EmbeddedLog.start(directory.resolve("kafka"));
        log = new Log(embedded.config());
        log.createTopics();
        try (SampledGroups groups = new SampledGroups(log, 31)) {
            groups.publish("past", 40);
        }
    }

    @AfterAll
    static void stop() {
        log.close();
        embedded.close();
    }

    @Test
    void twoTrainersWithOtherObjectivesReadTheSameLogAtTheSameTime() throws Exception {
        ObjectiveConfig rebel = ObjectiveConfig.of(ObjectiveName.REBEL, 0.3);
        run(Runs.of("alone-copg", directory, PAST, null, 5));
        run(Runs.withObjective("alone-rebel", directory, PAST, null, rebel));
        RunningTrainer one = new RunningTrainer(log, Runs.of("beside-copg", directory, PAST, null, 5));
        RunningTrainer other =
                new RunningTrainer(log, Runs.withObjective("beside-rebel", directory, PAST, null, rebel));
        one.awaitEnd();
        other.awaitEnd();

        assertThat(weights("beside-copg")).isEqualTo(weights("alone-copg"));
        assertThat(weights("beside-rebel")).isEqualTo(weights("alone-rebel")).isNotEqualTo(weights("alone-copg"));
    }

    @ParameterizedTest
    @EnumSource(ObjectiveName.class)
    void everyObjectiveLearnsFromTheSameLogAndIsReplayedToTheSameBytes(ObjectiveName name) {
        String runId = "objective-" + name.configName();
        ObjectiveConfig objective = new ObjectiveConfig(name, 0.2, 0.5, null, null, 0.01, null);

        run(Runs.withObjective(runId, directory, PAST, 2L, objective));

        RunLedger ledger = new LedgerReader(log).read(runId);
        assertThat(ledger.ended().orElseThrow().getWeightsSha256())
                .isNotEqualTo(ledger.started().orElseThrow().getInitialWeightsSha256());
        assertThat(ledger.applied().get(2L).getMetrics())
                .containsEntry("beta", 0.2)
                .containsEntry("reward.scale", 0.5)
                .containsKeys("loss.likelihood", "score.even", "h.rank.1", "h.rank.2");
        assertThat(new Replay(log, ReplayRequest.of(runId), TrainerListener.none())
                        .run()
                        .identical())
                .isTrue();
    }

    private static void run(TrainerConfig config) {
        new TrainerService(log, config, InstantSource.system()).run();
    }

    private static String weights(String runId) {
        return new LedgerReader(log).read(runId).ended().orElseThrow().getWeightsSha256();
    }
}
