package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
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
        assertThatThrownBy(() -> new MemoryCheck(() -> EIGHT_GB).check(tooLarge))
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
        assertThatCode(() -> new MemoryCheck(() -> EIGHT_GB).check(small)).doesNotThrowAnyException();
        assertThatCode(() -> new MemoryCheck().check(small))
                .as("on this machine")
                .doesNotThrowAnyException();
    }

    @Test
    void aRunOfAnAdapterNeedsTheBaseTwiceAndNoReferenceOfItsOwn() throws IOException {
        // 1.1 billion parameters, in the trainer and in the producer, and 12.6 million of the adapter with its moments.
        RunConfig adapter = run(new LlamaShape(32_000, 2048, 5632, 22, 32, 4, 2048, false), "trainer.lora={rank: 16}");
        assertThatThrownBy(() -> new MemoryCheck(() -> EIGHT_GB).check(adapter))
                .hasMessageContaining("to train it takes at least 9.6 GB");
        assertThatCode(() -> new MemoryCheck(() -> 10_000_000_000L).check(adapter))
                .doesNotThrowAnyException();
    }

    @Test
    void anAdapterNeedsLessThanAllWeights() {
        long parameters = 1_000_000_000;
        assertThatThrownBy(() -> new MemoryCheck(() -> EIGHT_GB).checkTraining("m", parameters, 1))
                .hasMessageContaining("to train it takes at least 16.6 GB");
        assertThatCode(() -> new MemoryCheck(() -> EIGHT_GB).checkTraining("m", parameters, 0.05))
                .doesNotThrowAnyException();
    }
}
