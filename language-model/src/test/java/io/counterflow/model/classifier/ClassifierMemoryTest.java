package io.counterflow.model.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.training.OptimizerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Training and classifying leave native memory flat. {@code -Dcounterflow.soak=1000} makes it as long as that. */
class ClassifierMemoryTest {
    private static final int ROUNDS = Integer.getInteger("counterflow.soak", 80);
    private static final int WARM_UP = 40;
    private static final Path STATUS = Path.of("/proc/self/status");

    @Test
    void trainingAndClassifyingLeaveMemoryFlat() throws IOException {
        assumeTrue(Files.exists(STATUS), "the resident set is read from /proc");
        Path base = EncoderFixture.FIXTURES.resolve("encoder-bert");
        ModelOptions options = ModelOptions.training().withWorkers(2);
        try (TrainableClassifier classifier = TrainableClassifier.startFrom(base, List.of("a", "b"), 1, options);
                ClassifierOptimizer optimizer = classifier.optimizer(OptimizerConfig.standard())) {
            for (int i = 0; i < WARM_UP; i++) {
                round(classifier, optimizer, i);
            }
            System.gc();
            long before = residentKilobytes();
            for (int i = 0; i < ROUNDS; i++) {
                round(classifier, optimizer, i);
            }
            System.gc();
            // A round that leaked its activations would leave more than a megabyte.
            assertThat(residentKilobytes() - before)
                    .as("growth of the resident set over %d rounds, in KiB", ROUNDS)
                    .isLessThan(32 * 1024);
        }
    }

    private static void round(TrainableClassifier classifier, ClassifierOptimizer optimizer, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<ClassifierInput> inputs = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            int[] tokens = random.ints(2 + random.nextInt(60), 4, 58).toArray();
            inputs.add(new ClassifierInput(tokens, new int[tokens.length]));
        }
        optimizer.accumulate(inputs, logits -> {
            float[][] slopes = new float[logits.length][2];
            for (int i = 0; i < slopes.length; i++) {
                slopes[i][i % 2] = 0.001f;
            }
            return slopes;
        });
        optimizer.step(1e-3);
        classifier.logits(inputs);
    }

    private static long residentKilobytes() throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
