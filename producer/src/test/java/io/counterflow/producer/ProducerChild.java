package io.counterflow.producer;

import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.producer.source.SamplingConfig;
import io.counterflow.schemas.Purpose;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** A producer in a JVM of its own, so that it can be killed as an operating system kills. */
final class ProducerChild implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    private ProducerChild(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static ProducerChild start(LogConfig log, String runId, int passes, Path errors) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.pytorch.num_threads=1",
                "-Dai.djl.offline=true",
                "-cp",
                System.getProperty("java.class.path"),
                ProducerChild.class.getName(),
                log.bootstrapServers(),
                log.schemaRegistryUrl(),
                log.topicPrefix(),
                runId,
                String.valueOf(passes));
        return new ProducerChild(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                .start());
    }

    /** Waits until it has published so many batches; says false when it ended before. */
    boolean awaitBatches(int batches) throws IOException {
        for (int seen = 0; seen < batches; ) {
            String line = output.readLine();
            if (line == null) {
                return false;
            }
            if (line.equals("published")) {
                seen++;
            }
        }
        return true;
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    int await() throws IOException, InterruptedException {
        awaitBatches(Integer.MAX_VALUE);
        return process.waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    static ProducerConfig config(String runId, int passes) {
        return new ProducerConfig(
                runId,
                ProducerFixture.TASK,
                null,
                2,
                3,
                passes,
                null,
                5L,
                null,
                SamplingConfig.upTo(8),
                null,
                BackPressureConfig.none(),
                null,
                null,
                null,
                null);
    }

    public static void main(String[] arguments) {
        LogConfig config = new LogConfig(arguments[0], arguments[1], arguments[2], 4, 1, Map.of());
        ProducerListener listener = new ProducerListener() {
            @Override
            public void groupsPublished(Purpose purpose, int groups, int completions, long policyVersion) {
                System.out.println("published");
            }
        };
        try (Log log = new Log(config)) {
            new ProducerService(
                            log, config(arguments[3], Integer.parseInt(arguments[4])), InstantSource.system(), listener)
                    .run();
        }
    }
}
