package io.counterflow.trainer;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.trainer.metrics.StepRecorder;
import io.counterflow.trainer.step.StepOutcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A trainer in a JVM of its own, so that it can be killed as an operating system kills. */
final class TrainerChild implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STEP = "step ";

    private final Process process;
    private final BufferedReader output;

    private TrainerChild(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** @param errors file that what it says of failures is added to */
    static TrainerChild start(LogConfig log, TrainerConfig config, Path errors) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.pytorch.num_threads=1",
                "-Dai.djl.pytorch.num_interop_threads=1",
                "-Dai.djl.offline=true",
                "-cp",
                System.getProperty("java.class.path"),
                TrainerChild.class.getName(),
                log.bootstrapServers(),
                log.schemaRegistryUrl(),
                log.topicPrefix(),
                JSON.writeValueAsString(config));
        return new TrainerChild(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                .start());
    }

    /** Waits until it has applied this step, or one after it, or has ended. */
    void awaitStep(long step) throws IOException {
        String line = output.readLine();
        while (line != null && !(line.startsWith(STEP) && Long.parseLong(line.substring(STEP.length())) >= step)) {
            line = output.readLine();
        }
    }

    /** SIGKILL, after a while. @return whether it had not ended by then */
    boolean killedAfter(Duration time) throws InterruptedException {
        boolean ended = process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
        process.destroyForcibly().waitFor();
        return !ended;
    }

    /** Waits for its end. @return its exit code */
    int exitCode() throws IOException, InterruptedException {
        awaitStep(Long.MAX_VALUE);
        return process.waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Brokers, registry, topic prefix, and the trainer's settings as JSON. */
    public static void main(String[] arguments) throws Exception {
        LogConfig logConfig = new LogConfig(arguments[0], arguments[1], arguments[2], null, null, Map.of());
        TrainerListener progress = new TrainerListener() {
            @Override
            public void stepApplied(long step, StepOutcome outcome, boolean again) {
                System.out.println(STEP + step);
            }
        };
        try (Log log = new Log(logConfig);
                TrainerService trainer = new TrainerService(
                        log,
                        JSON.readValue(arguments[3], TrainerConfig.class),
                        InstantSource.system(),
                        progress,
                        StepRecorder.none())) {
            trainer.run();
        }
    }
}
