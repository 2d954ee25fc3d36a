package io.counterflow.model.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class GpuMemoryTest {

    @Test
    void thePeakIsWhatWasTakenBeyondTheBeginning() {
        try (GpuMemory memory = GpuMemory.watch(List.of("sh", "-c", "echo 100; echo 450; echo 250; cat"))
                .orElseThrow()) {
            assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
                while (memory.peakMegabytes() != 350) {
                    Thread.onSpinWait();
                }
            });
        }
    }

    @Test
    void nothingIsWatchedOnTheCpuOrWhereTheCommandIsMissingOrSaysSomethingElse() {
        assertThat(GpuMemory.watch("cpu")).isEmpty();
        assertThat(GpuMemory.watch(List.of("counterflow-has-no-such-command"))).isEmpty();
        assertThat(GpuMemory.watch(List.of("echo", "[N/A]"))).isEmpty();
        assertThat(GpuMemory.watch(List.of("true"))).isEmpty();
    }
}
