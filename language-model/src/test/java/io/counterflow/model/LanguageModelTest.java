package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LanguageModelTest {

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2", "tiny-gpt2"})
    void whatIsLoadedIsSavedToTheByte(String name, @TempDir Path folder) throws Exception {
        Path original = Fixture.named(name).folder();
        try (LanguageModel model = LanguageModel.load(original, ModelOptions.inference())) {
            model.save(folder);
            assertThat(Files.readAllBytes(folder.resolve("model.safetensors")))
                    .isEqualTo(Files.readAllBytes(original.resolve("model.safetensors")));
            assertThat(Files.readString(folder.resolve("tokenizer.json")))
                    .isEqualTo(Files.readString(original.resolve("tokenizer.json")));
            try (LanguageModel again = LanguageModel.load(folder, ModelOptions.inference())) {
                assertThat(again.weightsSha256()).isEqualTo(model.weightsSha256());
            }
        }
    }

    @Test
    void theSameSeedStartsTheSameModel() {
        Path folder = Fixture.named("tiny-llama").folder();
        ModelConfig config = ModelConfig.read(folder);
        ModelOptions options = ModelOptions.inference();
        assertThat(shaOf(config, folder, 1, options))
                .isEqualTo(shaOf(config, folder, 1, options))
                .isNotEqualTo(shaOf(config, folder, 2, options));
    }

    @Test
    void howWeightsAreArrangedForSamplingDoesNotShowInWhatIsSaved() {
        Path folder = Fixture.named("tiny-llama").folder();
        // Its embedding is longer than what is moved at a time.
        ModelConfig config = new LlamaShape(4099, 288, 64, 2, 4, 2, 64, true).config(1, 2, 0);
        String asDrawn = shaOf(config, folder, 1, ModelOptions.training());
        for (Precision precision : Precision.values()) {
            ModelOptions options = ModelOptions.inference().withPrecision(precision);
            assertThat(shaOf(config, folder, 1, options)).as("%s", precision).isEqualTo(asDrawn);
        }
    }

    @Test
    void matricesWithGapsBetweenThemComputeTheSameWhenTheyAreArranged() {
        Path folder = Fixture.named("tiny-llama").folder();
        // 12 floats of keys and of values, 42 of each matrix of the MLP: memory is laid out in lines of 16.
        ModelConfig config = new LlamaShape(301, 6, 7, 2, 3, 1, 64, false).config(1, 2, 0);
        TokenSequence sequence = new TokenSequence(new int[] {5, 300}, new int[] {11, 0, 42});
        try (LanguageModel trained = LanguageModel.initialise(config, folder, 1, ModelOptions.training());
                LanguageModel arranged = LanguageModel.initialise(config, folder, 1, ModelOptions.inference())) {
            assertThat(arranged.weightsSha256()).isEqualTo(trained.weightsSha256());
            assertThat(arranged.tokenLogProbabilities(List.of(sequence)).get(0))
                    .containsExactly(
                            trained.tokenLogProbabilities(List.of(sequence)).get(0), within(1e-5f));
        }
    }

    private static String shaOf(ModelConfig config, Path folder, long seed, ModelOptions options) {
        try (LanguageModel model = LanguageModel.initialise(config, folder, seed, options)) {
            return model.weightsSha256();
        }
    }

    @Test
    void aFreshModelHasTheSpreadThatItsConfigurationAsksFor() {
        Path folder = Fixture.named("tiny-gpt2").folder();
        ModelConfig config = ModelConfig.read(folder);
        try (LanguageModel model = LanguageModel.initialise(config, folder, 5, ModelOptions.inference())) {
            assertThat(deviation(model, "transformer.wte.weight")).isCloseTo(0.2, within(0.01));
            assertThat(deviation(model, "transformer.h.0.attn.c_proj.weight")).isCloseTo(0.1, within(0.01));
            assertThat(model.decoder().parameters().get("transformer.ln_f.weight"))
                    .containsOnly(1f);
            assertThat(model.decoder().parameters().get("transformer.ln_f.bias"))
                    .containsOnly(0f);
        }
    }

    private static double deviation(LanguageModel model, String tensor) {
        double sum = 0;
        float[] values = model.decoder().parameters().get(tensor);
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum / values.length);
    }

    @Test
    void logProbabilitiesDoNotDependOnTheBatch() {
        SplittableRandom random = new SplittableRandom(3);
        List<TokenSequence> sequences = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            sequences.add(new TokenSequence(
                    random.ints(1 + random.nextInt(60), 0, 384).toArray(),
                    random.ints(random.nextInt(60), 0, 384).toArray()));
        }
        try (LanguageModel model =
                LanguageModel.load(Fixture.named("tiny-qwen2").folder(), ModelOptions.inference())) {
            List<float[]> together = model.tokenLogProbabilities(sequences);
            for (int i = 0; i < sequences.size(); i += 13) {
                assertThat(model.tokenLogProbabilities(List.of(sequences.get(i)))
                                .get(0))
                        .as("sequence %d", i)
                        .containsExactly(together.get(i), within(1e-4f));
            }
        }
    }

    @Test
    void whatDoesNotFitTheModelIsRefused() {
        try (LanguageModel model =
                LanguageModel.load(Fixture.named("tiny-llama").folder(), ModelOptions.inference())) {
            assertThatThrownBy(() -> model.tokenLogProbabilities(List.of(new TokenSequence(new int[100], new int[29]))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("129")
                    .hasMessageContaining("128");
            assertThatThrownBy(() ->
                            model.tokenLogProbabilities(List.of(new TokenSequence(new int[] {1}, new int[] {384}))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("384");
            assertThatThrownBy(() -> model.tokenLogProbabilities(List.of(new TokenSequence(new int[0], new int[] {1}))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("empty");
            assertThatThrownBy(() -> model.optimizer(OptimizerConfig.standard()))
                    .isInstanceOf(IllegalStateException.class);
        }
    }
}
