package io.counterflow.scorer.service;

import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.assembler.AssemblerConfig;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.decorator.ScorerSettings;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.Term;
import io.counterflow.scorer.streams.StreamsSettings;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Scoring and assembling in a process of its own, so that a test can kill it. */
final class ScoringProcess implements AutoCloseable {

    static final ScorerId SCORER = new ScorerId("slow", "3");

    private final Process process;
    private final File output;

    private ScoringProcess(Process process, File output) {
        this.process = process;
        this.output = output;
    }

    /** Starts a process that scores each completion in {@code milliseconds}; its output goes to a file in {@code folder}. */
    static ScoringProcess start(LogConfig log, Path folder, String instance, long milliseconds) throws IOException {
        File output = folder.resolve("scoring-" + instance + ".log").toFile();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx200m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ScoringProcess.class.getName(),
                        log.bootstrapServers(),
                        log.schemaRegistryUrl(),
                        log.topicPrefix(),
                        folder.resolve("streams-" + instance).toString(),
                        instance,
                        Long.toString(milliseconds))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output))
                .start();
        return new ScoringProcess(process, output);
    }

    /** Ends it as SIGKILL does. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** What it said. */
    String output() {
        try {
            return Files.readString(output.toPath());
        } catch (IOException e) {
            return e.toString();
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    public static void main(String[] arguments) throws Exception {
        LogConfig logConfig = new LogConfig(arguments[0], arguments[1], arguments[2], 4, 1, Map.of());
        StreamsSettings streams =
                new StreamsSettings(null, arguments[4], Path.of(arguments[3]), null, null, Duration.ofSeconds(6), null);
        ScorerSettings calls = new ScorerSettings(4, Duration.ofMillis(5), 4, null, null, null, null, 0);
        ScorerConfig scorer = new ScorerConfig(
                "slow", null, SCORER.version(), Map.of("milliseconds", Long.parseLong(arguments[5])), calls, 32);
        Recipe recipe = new Recipe(
                "drill", List.of(new Term("slow", SCORER.version(), null, null, null, null, null, null)), null, null);
        Log log = new Log(logConfig);
        ScoringService scoring = new ScoringService(
                log,
                new ScoringConfig(List.of(scorer), null, streams),
                ScorerCatalog.of(List.of(new SlowScorerFactory())),
                ScoringListener.NONE);
        AssemblerService assembler =
                new AssemblerService(log, new AssemblerConfig(recipe, null, null, streams), AssemblerListener.NONE);
        Thread thread = new Thread(() -> {
            try {
                assembler.run();
            } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        });
        thread.start();
        scoring.run();
    }
}
