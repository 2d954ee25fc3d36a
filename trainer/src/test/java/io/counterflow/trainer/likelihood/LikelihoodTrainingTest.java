package io.counterflow.trainer.likelihood;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.ComputeConfig;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.LoraConfig;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.trainer.step.OptimizerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LikelihoodTrainingTest {

    private static final List<String> WORDS = List.of("a", "b", "c", "d");
    private static final OptimizerSettings OPTIMIZER =
            new OptimizerSettings(1e-2, 2, OptimizerSettings.Decay.COSINE, null, null, null, null, null);

    @TempDir
    private Path folder;

    /** Three words, of which the last repeats the first; what follows is learned, what comes before is not. */
    private static List<TokenSequence> data(int count) {
        List<TokenSequence> data = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            data.add(new TokenSequence(new int[] {1, 3 + i % 4, 3 + i / 4 % 4}, new int[] {3 + i % 4, 2}));
        }
        return data;
    }

    private static LikelihoodSettings settings(boolean shuffle) {
        return new LikelihoodSettings(4, 0, 4, 2, shuffle, 0, 2, OPTIMIZER, 5);
    }

    private StartingPoint scratch() throws IOException {
        Path shape = Files.createDirectories(folder.resolve("shape"));
        int vocabulary = WordLevelTokenizer.write(shape, WORDS);
        new LlamaShape(vocabulary, 16, 32, 1, 2, 2, 16, true).config(1, 2, 0).write(shape);
        return new StartingPoint(shape, true, Optional.empty(), false, ComputeConfig.defaults());
    }

    private static LikelihoodTraining training(StartingPoint start, LikelihoodSettings settings) {
        return new LikelihoodTraining(start, settings, new LikelihoodTraining.Listener() {});
    }

    @Test
    void theLossIsThatOfTheCompletionsAndFallsOnWhatWasNotLearned() throws Exception {
        LikelihoodTraining.Result result =
                training(scratch(), settings(true)).run(data(14), data(16).subList(14, 16), folder.resolve("policy"));

        assertThat(result.steps()).isEqualTo(16);
        assertThat(result.heldOutAfter()).isLessThan(result.heldOutBefore());
        try (LanguageModel policy = LanguageModel.load(folder.resolve("policy"), ModelOptions.inference())) {
            assertThat(policy.weightsSha256()).isEqualTo(result.weightsSha256());
            assertThat(loss(policy, data(16).subList(14, 16)))
                    .isCloseTo(result.heldOutAfter(), org.assertj.core.data.Offset.offset(1e-5));
        }
        assertThat(folder.resolve("policy/training.json")).content().contains("\"steps\" : 16");
        assertThat(folder.resolve("policy.training")).doesNotExist();
    }

    @Test
    void aTrainingThatWasInterruptedEndsWithTheBytesOfOneThatWasNot() throws Exception {
        assertInterruptionChangesNothing(scratch());
    }

    @Test
    void soDoesThatOfAnAdapterWithDropout() throws Exception {
        training(scratch(), settings(true)).run(data(14), List.of(), folder.resolve("base"));
        ModelConfig base = ModelConfig.read(folder.resolve("base"));
        AdapterConfig adapter = new LoraConfig(2, null, 0.3, null, null).adapter(base, folder.resolve("base"));
        assertInterruptionChangesNothing(new StartingPoint(
                folder.resolve("base"), false, Optional.of(adapter), false, ComputeConfig.defaults()));
    }

    private void assertInterruptionChangesNothing(StartingPoint start) throws Exception {
        String straight = training(start, settings(true))
                .run(data(14), List.of(), folder.resolve("straight"))
                .weightsSha256();
        Path output = folder.resolve("interrupted");
        LikelihoodTraining stopping = new LikelihoodTraining(start, settings(true), new LikelihoodTraining.Listener() {
            @Override
            public void stepDone(long step, double loss, double norm) {
                if (step == 7) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        assertThatThrownBy(() -> stopping.run(data(14), List.of(), output)).isInstanceOf(InterruptedException.class);
        assertThat(output).as("not made in part").doesNotExist();
        assertThatThrownBy(() -> training(start, settings(true)).run(data(13), List.of(), output))
                .hasMessageContaining("begun with another model, other data or other settings");

        List<Long> steps = new ArrayList<>();
        String resumed = new LikelihoodTraining(start, settings(true), new LikelihoodTraining.Listener() {
                    @Override
                    public void stepDone(long step, double loss, double norm) {
                        steps.add(step);
                    }
                })
                .run(data(14), List.of(), output)
                .weightsSha256();
        assertThat(resumed).isEqualTo(straight);
        assertThat(steps).startsWith(8L).endsWith(16L);
    }

    @Test
    void anAdapterLeavesTheWeightsAloneAndIsWorkedInOrWrittenAlone() throws Exception {
        training(scratch(), settings(false)).run(data(16), List.of(), folder.resolve("base"));
        try (LanguageModel base = LanguageModel.load(folder.resolve("base"), ModelOptions.inference())) {
            AdapterConfig adapter = AdapterConfig.of(base.config(), 2, 4, 0, List.of("q_proj", "v_proj"), "base");
            StartingPoint worked = new StartingPoint(
                    folder.resolve("base"), false, Optional.of(adapter), false, ComputeConfig.defaults());
            StartingPoint alone = new StartingPoint(
                    folder.resolve("base"), false, Optional.of(adapter), true, ComputeConfig.defaults());
            training(worked, settings(true)).run(data(16), List.of(), folder.resolve("worked"));
            training(alone, settings(true)).run(data(16), List.of(), folder.resolve("alone"));
        }
        try (Stream<Path> files = Files.list(folder.resolve("alone"))) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .contains("adapter_config.json", "adapter_model.safetensors")
                    .doesNotContain("model.safetensors");
        }
        try (LanguageModel worked = LanguageModel.load(folder.resolve("worked"), ModelOptions.inference());
                LanguageModel adapted = LanguageModel.load(
                        folder.resolve("base"),
                        ModelOptions.inference().withAdapter(new ModelOptions.SavedAdapter(folder.resolve("alone"))))) {
            assertThat(loss(adapted, data(16)))
                    .isCloseTo(loss(worked, data(16)), org.assertj.core.data.Offset.offset(1e-4));
            assertThat(loss(adapted, data(16))).isNotEqualTo(baseLoss());
        }
    }

    private double baseLoss() {
        try (LanguageModel base = LanguageModel.load(folder.resolve("base"), ModelOptions.inference())) {
            return loss(base, data(16));
        }
    }

    @Test
    void howABatchIsDividedChangesNoMoreThanRounding() throws Exception {
        training(scratch(), settings(true)).run(data(16), List.of(), folder.resolve("policy"));
        List<TokenSequence> batch = new ArrayList<>(data(7));
        batch.add(new TokenSequence(new int[] {1}, new int[] {3, 4, 5, 6, 2}));
        double whole = step(batch, 8);
        assertThat(step(batch, 1)).isCloseTo(whole, org.assertj.core.data.Offset.offset(1e-5));
        assertThat(step(batch, 3)).isCloseTo(whole, org.assertj.core.data.Offset.offset(1e-5));
    }

    private double step(List<TokenSequence> batch, int microBatch) {
        try (LanguageModel model = LanguageModel.load(folder.resolve("policy"), ModelOptions.training());
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            double loss = LikelihoodGradient.accumulate(optimizer, batch, microBatch, 1);
            assertThat(loss).isCloseTo(loss(model, batch), org.assertj.core.data.Offset.offset(1e-5));
            return optimizer.step(1e-3);
        }
    }

    private static double loss(LanguageModel model, List<TokenSequence> data) {
        double sum = 0;
        long tokens = 0;
        for (float[] row : model.tokenLogProbabilities(data)) {
            for (float value : row) {
                sum -= value;
            }
            tokens += row.length;
        }
        return sum / tokens;
    }
}
