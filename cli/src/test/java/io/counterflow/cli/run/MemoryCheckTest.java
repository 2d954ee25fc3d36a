package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.model.AvailableMemory;
import io.counterflow.model.checkpoint.LlamaShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryCheckTest {

    private static final long EIGHT_GB = 8_000_000_000L;

    @TempDir
    private Path folder;

    private static MemoryCheck with(long bytes) {
        return new MemoryCheck(new AvailableMemory(() -> bytes));
    }

    private RunConfig run(LlamaShape shape, String... settings) throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        shape.config(1, 2, 0).write(model);
        ConfigFile file =
                ConfigFile.empty().with("trainer.model=" + model).with("producer={runId: r, task: t, seed: 1}");
        for (String setting : settings) {
            file = file.with(setting);
        }
        return RunConfig.of(file);
    }

    @Test
    void aModelThatCannotFitIsRefusedBeforeItIsLoadedWithWhatWouldFit() throws IOException {
        // 1.1 billion parameters: 4 bytes each for weights, gradient, two moments, the producer's copy and the
        // reference.
        RunConfig tooLarge = run(new LlamaShape(32_000, 2048, 5632, 22, 32, 4, 2048, false));
        assertThatThrownBy(() -> with(EIGHT_GB).check(tooLarge))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("1100.0 million parameters")
                .hasMessageContaining("at least 27.0 GB")
                .hasMessageContaining("8.0 GB are free")
                .hasMessageContaining("up to about 307 million parameters fit")
                .hasMessageEndingWith("; a LoRA adapter of this one (trainer.lora) takes about 9.4 GB");
    }

    @Test
    void aModelThatFitsIsTaken() throws IOException {
        RunConfig small = run(new LlamaShape(32_000, 288, 768, 6, 6, 6, 256, true));
        assertThatCode(() -> with(EIGHT_GB).check(small)).doesNotThrowAnyException();
        assertThatCode(() -> new MemoryCheck().check(small))
                .as("on this machine")
                .doesNotThrowAnyException();
    }

    @Test
    void aRunOfAnAdapterNeedsTheBaseTwiceAndNoReferenceOfItsOwn() throws IOException {
        // 1.1 billion parameters, in the trainer and in the producer, and 12.6 million of the adapter with its moments.
        RunConfig adapter = run(new LlamaShape(32_000, 2048, 5632, 22, 32, 4, 2048, false), "trainer.lora={rank: 16}");
        assertThatThrownBy(() -> with(EIGHT_GB).check(adapter))
                .hasMessageContaining("to train it takes at least 9.6 GB");
        assertThatCode(() -> with(10_000_000_000L).check(adapter)).doesNotThrowAnyException();
    }

    @Test
    void aTrainerAloneNeedsNoCopyToSampleFrom() throws IOException {
        RunConfig run = run(new LlamaShape(32_000, 2048, 5632, 22, 32, 4, 2048, false));
        assertThatThrownBy(() -> with(EIGHT_GB).check(run.trainer(), false))
                .hasMessageContaining("to train it takes at least 22.6 GB");
    }

    @Test
    void aModelToComputeWithNeedsItsWeights() throws IOException {
        run(new LlamaShape(32_000, 2048, 5632, 22, 32, 4, 2048, false));
        Path model = folder.resolve("model");
        AvailableMemory four = new AvailableMemory(() -> 4_000_000_000L);
        assertThatThrownBy(() -> four.requireForInference(model))
                .hasMessageContaining("to compute with it takes at least 4.7 GB")
                .hasMessageContaining("up to about 921 million parameters fit");
        assertThatThrownBy(() -> four.requireForTraining(model))
                .hasMessageContaining("to train it takes at least 17.9 GB");
        assertThatCode(() -> new AvailableMemory(() -> EIGHT_GB).requireForInference(model))
                .doesNotThrowAnyException();
    }

    @Test
    void anAdapterNeedsLessThanAllWeights() {
        long parameters = 1_000_000_000;
        assertThatThrownBy(() -> with(EIGHT_GB).checkTraining("m", parameters, 1))
                .hasMessageContaining("to train it takes at least 16.6 GB");
        assertThatCode(() -> with(EIGHT_GB).checkTraining("m", parameters, 0.05))
                .doesNotThrowAnyException();
    }
}
