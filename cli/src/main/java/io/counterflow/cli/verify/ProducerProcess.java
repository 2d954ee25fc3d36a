package io.counterflow.cli.verify;

import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.producer.BackPressureConfig;
import io.counterflow.producer.EvaluationConfig;
import io.counterflow.producer.ProducerConfig;
import io.counterflow.producer.ProducerService;
import io.counterflow.producer.source.SamplingConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/** A producer in a process of its own. Exit code 0 when the run's last policy is evaluated. */
public final class ProducerProcess {

    /** Completions of each held-out prompt. */
    static final int EVALUATION_SAMPLES = 2;

    private static final int GROUPS_TOGETHER = 8;
    private static final int STOP_ABOVE = 48;
    private static final int MOST_TOKENS = 11;

    private ProducerProcess() {}

    static JavaProcess start(LogConfig log, String run, long seed, Path output) throws IOException {
        return JavaProcess.start(
                ProducerProcess.class,
                "256m",
                output,
                List.of(log.bootstrapServers(), log.schemaRegistryUrl(), run, Long.toString(seed)));
    }

    /** Brokers, registry, run and seed. */
    public static void main(String[] arguments) {
        ProducerConfig config = new ProducerConfig(
                arguments[2],
                DrillFixture.TASK,
                null,
                Drill.GROUP_SIZE,
                GROUPS_TOGETHER,
                null,
                null,
                Long.parseLong(arguments[3]),
                null,
                SamplingConfig.upTo(MOST_TOKENS),
                new EvaluationConfig(null, EVALUATION_SAMPLES, null, null),
                new BackPressureConfig(STOP_ABOVE, null, null, null),
                null,
                null,
                null,
                null);
        try (Log log = new Log(LogConfig.of(arguments[0], arguments[1]));
                ProducerService producer = new ProducerService(log, config, InstantSource.system())) {
            producer.run();
        } catch (RuntimeException e) {
            e.printStackTrace(System.out);
            System.exit(1);
        }
    }
}
