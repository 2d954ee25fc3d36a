package io.counterflow.cli.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.metrics.StepRecorder;
import io.counterflow.trainer.step.StepOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** A trainer in a process of its own. Exit code 0 when its run has ended. */
public final class TrainerProcess {

    private static final ObjectMapper JSON = new ObjectMapper();

    private TrainerProcess() {}

    /** Starts one. */
    public static JavaProcess start(LogConfig log, TrainerConfig config, Path output) throws IOException {
        return JavaProcess.start(
                TrainerProcess.class,
                "256m",
                output,
                List.of(log.bootstrapServers(), log.schemaRegistryUrl(), log.topicPrefix(), json(config)));
    }

    private static String json(TrainerConfig config) throws JsonProcessingException {
        return JSON.writeValueAsString(config);
    }

    /** Brokers, registry, topic prefix, and the trainer's settings as JSON. */
    public static void main(String[] arguments) throws Exception {
        LogConfig logConfig = new LogConfig(arguments[0], arguments[1], arguments[2], null, null, Map.of());
        TrainerConfig config = JSON.readValue(arguments[3], TrainerConfig.class);
        try (Log log = new Log(logConfig);
                TrainerService trainer =
                        new TrainerService(log, config, InstantSource.system(), new Progress(), StepRecorder.none())) {
            trainer.run();
        } catch (RuntimeException e) {
            System.out.println("failed: " + e);
            e.printStackTrace(System.out);
            System.exit(1);
        }
    }

    private static final class Progress implements TrainerListener {
        @Override
        public void started(String runId, long step, long totalSteps) {
            System.out.println("started at step " + step);
        }

        @Override
        public void stepApplied(long step, StepOutcome outcome, boolean again) {
            System.out.println("step " + step + (again ? " again" : ""));
        }
    }
}
