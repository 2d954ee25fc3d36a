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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A trainer in a process of its own. Exit code 0 when its run has ended. */
public final class TrainerProcess {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern STEP = Pattern.compile("(?m)^step (\\d+)");

    private TrainerProcess() {}

    /** Starts one. */
    public static JavaProcess start(LogConfig log, TrainerConfig config, Path output) throws IOException {
        return JavaProcess.start(
                TrainerProcess.class,
                "256m",
                output,
                List.of(log.bootstrapServers(), log.schemaRegistryUrl(), log.topicPrefix(), json(config)));
    }

    /** The newest step that a trainer, or one before it with the same file for its output, has said it applied. */
    public static long lastStep(JavaProcess trainer) throws IOException {
        Matcher steps = STEP.matcher(trainer.output());
        long last = 0;
        while (steps.find()) {
            last = Long.parseLong(steps.group(1));
        }
        return last;
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
