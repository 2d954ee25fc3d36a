package io.counterflow.trainer.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.model.ComputeEnvironment;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.TrainingStep;
import io.counterflow.trainer.Runs;
import io.counterflow.trainer.SampledGroups;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.ledger.LedgerWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a replay says where a run was made on another machine, or by other software. */
class DifferentReplayTest {

    @TempDir
    Path directory;

    @Test
    void aReplayThatComesOutDifferentlySaysWhereAndWhatOfTheMachineIsNotWhatItWas() {
        try (EmbeddedLog embedded = EmbeddedLog.start(directory.resolve("kafka"));
                Log log = new Log(embedded.config())) {
            log.createTopics();
            try (SampledGroups sampled = new SampledGroups(log, 12)) {
                sampled.publish("past", 12);
            }
            new TrainerService(
                            log,
                            Runs.of("here", directory, SourceConfig.offline(List.of("past"), 1), null, 2),
                            InstantSource.system())
                    .run();
            RunLedger here = new LedgerReader(log).require("here");
            assertThat(here.started().orElseThrow().getEnvironment())
                    .isEqualTo(ComputeEnvironment.here().values());
            elsewhere(log, here);

            ReplayResult same = new Replay(log, ReplayRequest.of("here"), TrainerListener.none()).run();
            assertThat(same.identical()).isTrue();
            assertThat(same.environment()).isEmpty();

            ReplayResult different = new Replay(log, ReplayRequest.of("elsewhere"), TrainerListener.none()).run();
            assertThat(different.identical()).isFalse();
            assertThat(different.firstDifference()).hasValue(2);
            assertThat(different.environment())
                    .containsExactly(
                            "libtorch was 1.2.3 and is "
                                    + ComputeEnvironment.here().values().get("libtorch"),
                            "processor was an abacus and is "
                                    + ComputeEnvironment.here().values().get("processor"));
        }
    }

    /** The run's ledger as another machine might have written it: its second step came out differently there. */
    private static void elsewhere(Log log, RunLedger here) {
        RunStarted started = here.started().orElseThrow();
        Map<String, String> environment = new HashMap<>(started.getEnvironment());
        environment.put("processor", "an abacus");
        environment.put("libtorch", "1.2.3");
        StepApplied second = here.applied().get(2L);
        try (LedgerWriter writer = new LedgerWriter(log, "elsewhere")) {
            writer.append(
                    List.of(
                            new TrainingStep(
                                    "elsewhere",
                                    0L,
                                    RunStarted.newBuilder(started)
                                            .setEnvironment(environment)
                                            .build()),
                            new TrainingStep("elsewhere", 1L, here.planned().get(1L)),
                            new TrainingStep("elsewhere", 1L, here.applied().get(1L)),
                            new TrainingStep("elsewhere", 2L, here.planned().get(2L)),
                            new TrainingStep(
                                    "elsewhere",
                                    2L,
                                    StepApplied.newBuilder(second)
                                            .setLoss(Math.nextUp(second.getLoss()))
                                            .build())),
                    List.of());
        }
    }
}
