package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledTrainerTest {

    private static final long SEED = System.nanoTime();
    private static final int KILLS = 3;
    private static final int GROUPS = 200;

    @TempDir
    Path directory;

    @Test
    void aTrainerKilledAtRandomMomentsEndsWithTheBytesOfOneThatNeverWas() throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        try (EmbeddedLog embedded = EmbeddedLog.start(directory.resolve("kafka"));
                Log log = new Log(embedded.config());
                SampledGroups groups = new SampledGroups(log, 5)) {
            log.createTopics();
            groups.publish("past", GROUPS);
            TrainerConfig undisturbed =
                    Runs.of("undisturbed", directory, SourceConfig.offline(List.of("past"), 1), null, 7);
            TrainerConfig killed = Runs.of("killed", directory, SourceConfig.offline(List.of("past"), 1), null, 7);
            new TrainerService(log, undisturbed, InstantSource.system()).run();

            Path errors = directory.resolve("trainer-errors.txt");
            int kills = 0;
            while (kills < KILLS) {
                try (TrainerChild trainer = TrainerChild.start(embedded.config(), killed, errors)) {
                    long step = new LedgerReader(log).read("killed").lastPlanned();
                    trainer.awaitStep(step + random.nextInt(1, 15));
                    kills += trainer.killedAfter(Duration.ofMillis(random.nextInt(1, 60))) ? 1 : 0;
                }
                if (new LedgerReader(log).read("killed").ended().isPresent()) {
                    break;
                }
            }
            try (TrainerChild trainer = TrainerChild.start(embedded.config(), killed, errors)) {
                assertThat(trainer.exitCode())
                        .as("seed %d, %s", SEED, Files.readString(errors))
                        .isZero();
            }

            RunLedger one = new LedgerReader(log).read("undisturbed");
            RunLedger other = new LedgerReader(log).read("killed");
            assertThat(other.canonicalSha256())
                    .as("seed %d, %d kills", SEED, kills)
                    .isEqualTo(one.canonicalSha256());
            assertThat(other.planned().values().stream()
                            .flatMap(plan -> plan.getGroups().stream())
                            .map(GroupPosition::getGroupId))
                    .hasSize(GROUPS)
                    .doesNotHaveDuplicates();
            for (String file : List.of("model.safetensors", "optimizer.safetensors", "config.json", "tokenizer.json")) {
                assertThat(killed.checkpointFolder().resolve("step-00000050").resolve(file))
                        .hasSameBinaryContentAs(undisturbed
                                .checkpointFolder()
                                .resolve("step-00000050")
                                .resolve(file));
            }
            assertThat(new Replay(log, ReplayRequest.of("killed"), TrainerListener.none())
                            .run()
                            .identical())
                    .isTrue();
            assertThat(kills).as("seed %d", SEED).isGreaterThanOrEqualTo(2);
        }
    }
}
