package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.training.OptimizerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Training and sampling leave native memory flat. {@code -Dcounterflow.soak=500} makes it as long as that. */
class NativeMemoryTest {
    private static final int ROUNDS = Integer.getInteger("counterflow.soak", 80);
    private static final int WARM_UP = 40;
    private static final Path STATUS = Path.of("/proc/self/status");

    @Test
    void trainingAndSamplingLeaveMemoryFlat() throws IOException {
        assumeTrue(Files.exists(STATUS), "the resident set is read from /proc");
        LlamaShape shape = new LlamaShape(384, 64, 128, 3, 4, 2, 128, false);
        ModelOptions options = ModelOptions.training().withWorkers(2);
        try (LanguageModel model = LanguageModel.initialise(
                        shape.config(0, 1, 1), Fixture.named("tiny-llama").folder(), 1, options);
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            for (int i = 0; i < WARM_UP; i++) {
                round(model, optimizer, i);
            }
            System.gc();
            long before = residentKilobytes();
            for (int i = 0; i < ROUNDS; i++) {
                round(model, optimizer, i);
            }
            System.gc();
            // A round that leaked its activations would leave some megabytes.
            assertThat(residentKilobytes() - before)
                    .as("growth of the resident set over %d rounds, in KiB", ROUNDS)
                    .isLessThan(32 * 1024);
        }
    }

    private static void round(LanguageModel model, PolicyOptimizer optimizer, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<TokenSequence> batch = new ArrayList<>();
        List<SampleRequest> requests = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            int[] prompt = random.ints(1 + random.nextInt(20), 2, 384).toArray();
            batch.add(new TokenSequence(
                    prompt, random.ints(1 + random.nextInt(40), 2, 384).toArray()));
            requests.add(new SampleRequest(prompt, SamplingSettings.plain(1, 1 + random.nextInt(20)), i));
        }
        optimizer.accumulate(batch, rows -> rows.stream()
                .map(row -> {
                    float[] slopes = new float[row.length];
                    Arrays.fill(slopes, -0.001f);
                    return slopes;
                })
                .toList());
        optimizer.step(1e-3);
        model.tokenLogProbabilities(batch);
        model.sample(requests);
    }

    private static long residentKilobytes() throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
