package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.counterflow.model.bench.MemorySoak;
import io.counterflow.model.bench.ResidentMemory;
import io.counterflow.model.checkpoint.LlamaShape;
import org.junit.jupiter.api.Test;

/** Training and sampling leave native memory flat. {@code counterflow bench soak} does the same for longer. */
class NativeMemoryTest {
    private static final int ROUNDS = 80;
    private static final int WARM_UP = 40;

    @Test
    void trainingAndSamplingLeaveMemoryFlat() {
        assumeTrue(ResidentMemory.kilobytes().isPresent(), "the system says how large the resident set is");
        LlamaShape shape = new LlamaShape(384, 64, 128, 3, 4, 2, 128, false);
        try (MemorySoak soak = new MemorySoak(shape, ModelOptions.training().withWorkers(2))) {
            for (int i = 0; i < WARM_UP; i++) {
                soak.round(i);
            }
            System.gc();
            long before = ResidentMemory.kilobytes().orElseThrow();
            for (int i = 0; i < ROUNDS; i++) {
                soak.round(i);
            }
            System.gc();
            // A round that leaked its activations would leave some megabytes.
            assertThat(ResidentMemory.kilobytes().orElseThrow() - before)
                    .as("growth of the resident set over %d rounds, in KiB", ROUNDS)
                    .isLessThan(32 * 1024);
        }
    }
}
