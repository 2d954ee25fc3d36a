package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.files.Sha256;
import io.counterflow.log.LogPosition;
import io.counterflow.model.ComputeConfig;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.LoraConfig;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.batch.TrainingMember;
import io.counterflow.trainer.objective.LogProbability;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.step.PolicyTraining;
import io.counterflow.trainer.step.ReferenceCache;
import io.counterflow.trainer.step.ReferenceModel;
import io.counterflow.trainer.step.ReferencePolicy;
import io.counterflow.trainer.step.StepOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy that is a LoRA adapter, trained by an objective. */
class AdapterTrainingTest {

    private static final Path FIXTURES = Path.of("../checkpoints/src/test/resources/fixtures");
    private static final Path BASE = FIXTURES.resolve("tiny-qwen2");
    private static final Path ADAPTER = FIXTURES.resolve("tiny-qwen2-lora");

    private static JsonNode base;
    private static JsonNode peft;

    @TempDir
    Path directory;

    @BeforeAll
    static void read() throws IOException {
        ObjectMapper json = new ObjectMapper();
        base = json.readTree(BASE.resolve("expected.json").toFile());
        peft = json.readTree(ADAPTER.resolve("training.json").toFile());
    }

    @Test
    void aStepHasTheLossAndTheGradientThatPeftComputesWithTheBaseAsReference() {
        LanguageModel policy =
                LanguageModel.load(BASE, ModelOptions.training().withAdapter(new ModelOptions.SavedAdapter(ADAPTER)));
        try (PolicyTraining training = new PolicyTraining(
                "run",
                policy,
                policy.optimizer(new OptimizerConfig(0.9, 0.999, 1e-8, 0.01, 0)),
                new ReferencePolicy(ReferenceModel.below(policy), ReferenceCache.none(), false),
                ObjectiveConfig.copg(peft.get("beta").asDouble()),
                2)) {
            StepOutcome first = training.apply(1, 0, peft.get("adamw").get("lr").asDouble(), List.of(pair()));
            StepOutcome second = training.apply(2, 0, 0, List.of(pair()));

            assertThat(first.loss()).isCloseTo(peft.get("loss").asDouble(), withinPercentage(0.1));
            assertThat(first.gradientNorm()).isCloseTo(peft.get("gradient_norm").asDouble(), withinPercentage(0.1));
            assertThat(second.loss()).isCloseTo(peft.get("loss_after_step").asDouble(), withinPercentage(0.1));
        }
    }

    @Test
    void theReferenceIsTheBaseInMemoryAndIsNotReadAgainFromItsFolder() throws IOException {
        Path model = copyOf(BASE, directory.resolve("model"));
        KeptValues kept = new KeptValues();
        PolicyLoader loader = new PolicyLoader(definition(model, LoraConfig.ofRank(4)), kept);
        List<float[]> expected;
        try (LanguageModel plain = LanguageModel.load(model, ModelOptions.inference())) {
            expected = plain.tokenLogProbabilities(sequences());
        }
        try (PolicyTraining training = loader.initial()) {
            Files.delete(model.resolve("model.safetensors"));
            StepOutcome start = training.apply(1, 0, 1e-2, List.of(pair()));
            StepOutcome later = training.apply(2, 0, 1e-2, List.of(pair()));

            assertThat(start.metrics().get("h.mean"))
                    .as("a new adapter changes nothing")
                    .isCloseTo(0, within(1e-4));
            assertThat(later.metrics().get("h.mean")).isNotCloseTo(0, within(1e-3));
        }
        assertThat(kept.values).hasSize(2);
        assertThat(kept.values.get(1)).isEqualTo(kept.values.get(0));
        for (int i = 0; i < expected.size(); i++) {
            double sum = 0;
            for (float value : expected.get(i)) {
                sum += value;
            }
            assertThat(kept.values.get(0).get(i)).isCloseTo(sum, within(1e-4));
        }
    }

    @Test
    void whatIsSavedIsTheAdapterWithItsTokenizerAndItsOptimizerState() throws IOException {
        PolicyLoader loader = new PolicyLoader(definition(BASE, LoraConfig.ofRank(4)), ReferenceCache.none());
        Path saved = Files.createDirectory(directory.resolve("saved"));
        try (PolicyTraining training = loader.initial()) {
            training.apply(1, 0, 1e-2, List.of(pair()));
            training.save(saved);
            assertThat(training.weightsSha256()).isEqualTo(Sha256.of(saved.resolve("adapter_model.safetensors")));
        }
        try (Stream<Path> files = Files.list(saved)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "adapter_config.json",
                            "adapter_model.safetensors",
                            "optimizer.safetensors",
                            "tokenizer.json",
                            "tokenizer_config.json");
        }
        // Two moments of each parameter, in float32.
        assertThat(Files.size(saved.resolve("optimizer.safetensors")))
                .isLessThan(3 * Files.size(saved.resolve("adapter_model.safetensors")));
    }

    @Test
    void anotherBaseThanTheLedgersIsRefused() throws IOException {
        RunDefinition other = new RunDefinition(
                config(FIXTURES.resolve("tiny-llama"), LoraConfig.ofRank(4)).build(), List.of(), 1, sha256(BASE));
        assertThatThrownBy(() -> new PolicyLoader(other, ReferenceCache.none()).initial())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is not the one that the run started from")
                .hasMessageContaining(sha256(BASE));
    }

    @Test
    void dropoutOfSeveralWorkersIsRefused() {
        LoraConfig lora = new LoraConfig(4, null, 0.1, null, null);
        assertThatThrownBy(() -> config(BASE, lora)
                        .compute(new ComputeConfig(null, null, 2, null))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lora.dropout is 0.1")
                .hasMessageContaining("compute.workers to 1");
        assertThat(config(BASE, lora).build().lora()).isEqualTo(lora);
    }

    @Test
    void settingsWithoutAnAdapterHaveTheHashThatTheyAlwaysHad() throws IOException {
        assertThat(definition(BASE, null).configuration()).doesNotContain("lora");
        assertThat(definition(BASE, LoraConfig.ofRank(4)).configuration()).contains("\"lora\":{\"alpha\":8.0");
    }

    private static final class KeptValues implements ReferenceCache {
        private final List<List<Double>> values = new ArrayList<>();

        @Override
        public Optional<List<LogProbability>> get(TrainingGroup group) {
            return Optional.empty();
        }

        @Override
        public void put(TrainingGroup group, List<LogProbability> computed) {
            values.add(computed.stream().map(LogProbability::sum).toList());
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private static RunDefinition definition(Path model, LoraConfig lora) throws IOException {
        return new RunDefinition(config(model, lora).build(), List.of(), 1, sha256(model));
    }

    private static TrainerConfigBuilder config(Path model, LoraConfig lora) {
        return TrainerConfig.of("run", model).lora(lora);
    }

    private static String sha256(Path model) throws IOException {
        return Sha256.of(model.resolve("model.safetensors"));
    }

    private static Path copyOf(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
            Files.copy(from.resolve(file), to.resolve(file));
        }
        return to;
    }

    private static List<TokenSequence> sequences() {
        return pair().members().stream()
                .map(member -> new TokenSequence(pair().promptTokenIds(), member.tokenIds()))
                .toList();
    }

    private static TrainingGroup pair() {
        int promptLength = base.get("prompt_length").asInt();
        return new TrainingGroup(
                new LogPosition(0, 0),
                0,
                "g",
                "p",
                "other",
                "r",
                "00",
                true,
                Arrays.copyOf(ids(0), promptLength),
                List.of(member(0, promptLength), member(1, promptLength)));
    }

    private static TrainingMember member(int row, int promptLength) {
        return new TrainingMember(
                "c" + row,
                Arrays.copyOfRange(ids(row), promptLength, ids(row).length),
                null,
                -1,
                null,
                0,
                peft.get("rewards").get(row).asDouble(),
                Map.of(),
                false);
    }

    private static int[] ids(int row) {
        JsonNode array = base.get("input_ids").get(row);
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asInt();
        }
        return values;
    }
}
