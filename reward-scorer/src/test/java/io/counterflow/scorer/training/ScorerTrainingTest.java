package io.counterflow.scorer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.LoraConfig;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.TensorInfo;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.dataset.Example;
import io.counterflow.scorer.dataset.LabelledText;
import io.counterflow.scorer.dataset.NliLabel;
import io.counterflow.scorer.dataset.NliPair;
import io.counterflow.scorer.dataset.Partition;
import io.counterflow.scorer.dataset.PreferencePair;
import io.counterflow.scorer.encoding.EncodingConfig;
import io.counterflow.scorer.encoding.InputForm;
import io.counterflow.scorer.encoding.Truncation;
import io.counterflow.scorer.evaluation.PreferenceReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real, tiny models on data that can be learned without a mistake. */
class ScorerTrainingTest {

    private static final Path LLAMA = Path.of("../checkpoints/src/test/resources/fixtures/tiny-llama");
    private static final EncodingConfig ENCODING =
            new EncodingConfig(InputForm.TEXT, "{prompt}{completion}", true, null, 64, Truncation.TAIL);
    private static final Map<String, String> FACTS = Map.of("base", "tiny-llama");

    @TempDir
    Path folder;

    @Test
    void labelsAreLearnedAndTheScorerSaysSo() throws Exception {
        List<EpochSummary> heard = new ArrayList<>();
        TrainingResult result = train(labels(), folder.resolve("model"), 4, new TrainingListener() {
            @Override
            public void epoch(EpochSummary summary) {
                heard.add(summary);
            }
        });
        assertThat(heard).isEqualTo(result.epochs()).hasSize(4);
        assertThat(result.best().heldOutAccuracy()).isEqualTo(1);
        assertThat(result.epochs().get(3).trainingLoss())
                .isLessThan(0.5 * result.epochs().get(0).trainingLoss());
        assertThat(folder.resolve("model.training")).doesNotExist();

        JsonNode training = new ObjectMapper()
                .readTree(folder.resolve("model/training.json").toFile());
        assertThat(training.path("weightsSha256").asText()).isEqualTo(result.weightsSha256());
        assertThat(training.path("heldOut").path("accuracy").asDouble()).isEqualTo(1);
        assertThat(folder.resolve("model/README.md"))
                .content()
                .contains("| accuracy | 100.0 % |", "negative, positive");

        Map<String, Object> settings = Map.of("model", folder.resolve("model").toString(), "label", "positive");
        try (Scorer scorer = ScorerCatalog.onClassPath().create("reward-model", settings)) {
            Scored good = (Scored)
                    scorer.score(List.of(request("It was good, number 901."))).get(0);
            Scored bad = (Scored)
                    scorer.score(List.of(request("It was bad, number 902."))).get(0);
            assertThat(good.value())
                    .isGreaterThan(0.5)
                    .isEqualTo(good.components().get("positive"));
            assertThat(bad.value()).isLessThan(0.5);
        }
    }

    @Test
    void preferencesAreLearned() throws IOException {
        TrainingResult result = train(
                new PreferenceTask(ENCODING),
                Partition.of(preferences(), 0.25, 1),
                folder.resolve("model"),
                4,
                new TrainingListener() {});
        PreferenceReport report = (PreferenceReport) result.report().orElseThrow();
        assertThat(report.accuracy()).isEqualTo(1);
        assertThat(report.meanMargin()).isPositive();
        assertThat(report.longerWins()).isLessThan(0.6);
    }

    @Test
    void pairsThatAreTheSameToTheModelTeachNothingAndAreCounted() throws IOException {
        List<PreferencePair> pairs = preferences().subList(0, 8);
        String tail = " very".repeat(100) + " good";
        List<PreferencePair> withEqual = new ArrayList<>(pairs);
        withEqual.add(3, new PreferencePair("p", List.of(), "same", "same"));
        withEqual.add(5, new PreferencePair("p", List.of(), "One" + tail, "Other" + tail));
        List<String> heard = new ArrayList<>();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void equalPairs(int training, int trainingCut, int heldOut) {
                heard.add(training + " " + trainingCut + " " + heldOut);
            }
        };
        PreferenceTask task = new PreferenceTask(ENCODING);
        String plain = train(task, new Partition<>(pairs, List.of()), folder.resolve("plain"), 1, listener)
                .weightsSha256();
        assertThat(heard).isEmpty();
        assertThat(train(task, new Partition<>(withEqual, withEqual), folder.resolve("with"), 1, listener)
                        .weightsSha256())
                .isEqualTo(plain);
        assertThat(heard).containsExactly("1 1 2");
        Partition<PreferencePair> nothing = new Partition<>(List.of(withEqual.get(3), withEqual.get(5)), List.of());
        assertThatThrownBy(() -> train(task, nothing, folder.resolve("none"), 1, listener))
                .hasMessage(
                        "there is nothing to learn: both completions of every pair are the same once they are cut to"
                                + " --max-length");
    }

    @Test
    void examplesThatContradictOrRepeatOthersAreLearnedFromAndCounted() throws IOException {
        PreferencePair up = new PreferencePair("p", List.of(), " up", " down");
        PreferencePair down = new PreferencePair("p", List.of(), " down", " up");
        PreferencePair elsewhere = new PreferencePair("q", List.of(), " down", " up");
        PreferencePair equal = new PreferencePair("p", List.of(), " up", " up");
        List<String> heard = new ArrayList<>();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void disagreement(int contradicting, int repeated) {
                heard.add(contradicting + " contradict, " + repeated + " repeat");
            }

            @Override
            public void encoded(int training, int heldOut, long tokensAnEpoch, int cut) {
                heard.add("of " + training);
            }
        };
        PreferenceTask pairs = new PreferenceTask(ENCODING);
        train(pairs, new Partition<>(List.of(up, elsewhere, equal), List.of()), folder.resolve("a"), 1, listener);
        train(pairs, new Partition<>(List.of(up, down, up, elsewhere), List.of()), folder.resolve("b"), 1, listener);
        List<LabelledText> texts = List.of(
                new LabelledText("", List.of(), "a", "good"),
                new LabelledText("", List.of(), "a", "bad"),
                new LabelledText("", List.of(), "b", "bad"),
                new LabelledText("", List.of(), "b", "bad"));
        train(LabelTask.of(texts, ENCODING), new Partition<>(texts, List.of()), folder.resolve("c"), 1, listener);
        assertThat(heard).containsExactly("of 2", "3 contradict, 1 repeat", "of 4", "2 contradict, 1 repeat", "of 4");
    }

    @Test
    void theSameSeedGivesTheSameBytesAndAnotherDoesNot() throws IOException {
        String first = train(nli(), folder.resolve("a"), 2, 1).weightsSha256();
        assertThat(train(nli(), folder.resolve("b"), 2, 1).weightsSha256()).isEqualTo(first);
        assertThat(train(nli(), folder.resolve("c"), 2, 2).weightsSha256()).isNotEqualTo(first);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(ints = 4)
    void anInterruptedTrainingEndsWithTheBytesOfOneThatWasNot(Integer rank) throws IOException {
        TrainingSettings settings = settings(3, 1, rank);
        TrainingResult whole = train(settings, folder.resolve("whole"), new TrainingListener() {});
        Path output = folder.resolve("interrupted");
        assertThatThrownBy(() -> train(settings, output, new TrainingListener() {
                    @Override
                    public void step(long step, long steps, double loss, double learningRate) {
                        if (step > 2 * steps / 3) {
                            throw new CancellationException("pulled the plug");
                        }
                    }
                }))
                .hasMessage("pulled the plug");
        assertThat(output).doesNotExist();

        List<Integer> resumed = new ArrayList<>();
        TrainingResult result = train(settings, output, new TrainingListener() {
            @Override
            public void resumed(int epoch) {
                resumed.add(epoch);
            }
        });
        assertThat(resumed).containsExactly(2);
        assertThat(result.epochs()).hasSize(3);
        assertThat(result.weightsSha256()).isEqualTo(whole.weightsSha256());
    }

    @Test
    void withAnAdapterHeadAndProjectionsAreLearnedAndTheRestIsTheBases() throws IOException {
        TrainingResult result = train(settings(4, 1, 4), folder.resolve("model"), new TrainingListener() {});
        assertThat(result.best().heldOutAccuracy()).isEqualTo(1);
        try (SafetensorsFile base = SafetensorsFile.open(LLAMA.resolve("model.safetensors"));
                SafetensorsFile model = SafetensorsFile.open(folder.resolve("model/model.safetensors"))) {
            for (TensorInfo tensor : base.tensors()) {
                if (!tensor.name().equals("lm_head.weight")) {
                    assertThat(Arrays.equals(model.floats(tensor.name()), base.floats(tensor.name())))
                            .as(tensor.name())
                            .isEqualTo(!tensor.name().contains("_proj"));
                }
            }
        }
        assertThat(folder.resolve("model/adapter_config.json")).doesNotExist();
    }

    @Test
    void anAdapterOnAnEncoderIsRefused() throws IOException {
        assertThatThrownBy(
                        () -> new ScorerTraining(settings(1, 1, 4), new TrainingListener() {}, InstantSource.system())
                                .run(
                                        LabelTask.of(labels(), ENCODING),
                                        Partition.of(labels(), 0.25, 1),
                                        LLAMA.resolveSibling("encoder-bert"),
                                        FACTS,
                                        folder.resolve("model")))
                .isInstanceOf(TrainingFailedException.class)
                .hasMessageContaining("encoder-bert holds an encoder; an adapter goes on a decoder");
    }

    @Test
    void anInterruptedTrainingOfOtherSettingsIsLeftAlone() throws IOException {
        Path output = folder.resolve("model");
        assertThatThrownBy(() -> train(labels(), output, 3, new TrainingListener() {
                    @Override
                    public void epoch(EpochSummary summary) {
                        throw new CancellationException("pulled the plug");
                    }
                }))
                .isInstanceOf(CancellationException.class);
        assertThatThrownBy(() -> train(labels(), output, 2, new TrainingListener() {}))
                .isInstanceOf(TrainingFailedException.class)
                .hasMessageContaining("model.training holds an interrupted training with other settings or data");
        Files.createDirectory(output);
        assertThatThrownBy(() -> train(labels(), output, 3, new TrainingListener() {}))
                .isInstanceOf(TrainingFailedException.class)
                .hasMessage(output + " exists already; delete it or give another --output");
    }

    @Test
    void withoutHeldOutExamplesTheLastEpochIsKept() throws IOException {
        TrainingResult result = train(
                LabelTask.of(labels(), ENCODING),
                Partition.of(labels(), 0, 1),
                folder.resolve("model"),
                2,
                new TrainingListener() {});
        assertThat(result.best().epoch()).isEqualTo(2);
        assertThat(result.report()).isEmpty();
    }

    private static TrainingResult train(List<LabelledText> texts, Path output, int epochs, TrainingListener listener)
            throws IOException {
        return train(LabelTask.of(texts, ENCODING), Partition.of(texts, 0.25, 1), output, epochs, listener);
    }

    private static TrainingResult train(TrainingSettings settings, Path output, TrainingListener listener)
            throws IOException {
        return new ScorerTraining(settings, listener, InstantSource.system())
                .run(LabelTask.of(labels(), ENCODING), Partition.of(labels(), 0.25, 1), LLAMA, FACTS, output);
    }

    private static TrainingResult train(List<NliPair> pairs, Path output, int epochs, long seed) throws IOException {
        return new ScorerTraining(settings(epochs, seed), new TrainingListener() {}, InstantSource.system())
                .run(new EntailmentTask(ENCODING), Partition.of(pairs, 0.25, 1), LLAMA, FACTS, output);
    }

    private static <E extends Example> TrainingResult train(
            ScorerTask<E> task, Partition<E> examples, Path output, int epochs, TrainingListener listener)
            throws IOException {
        return new ScorerTraining(settings(epochs, 1), listener, InstantSource.system())
                .run(task, examples, LLAMA, FACTS, output);
    }

    private static TrainingSettings settings(int epochs, long seed) {
        return settings(epochs, seed, null);
    }

    /** @param rank of the adapter, or null */
    private static TrainingSettings settings(int epochs, long seed, Integer rank) {
        LoraConfig lora = rank == null ? null : LoraConfig.ofRank(rank);
        return new TrainingSettings(
                epochs, 8, rank == null ? 3e-3 : 1e-2, 0.1, seed, Precision.FLOAT32, 1, "cpu", lora);
    }

    private static ScoreRequest request(String text) {
        return new ScoreRequest("id", "", text, Map.of());
    }

    private static List<LabelledText> labels() {
        return IntStream.range(0, 96)
                .mapToObj(i -> new LabelledText(
                        "",
                        List.of(),
                        "It was " + (i % 2 == 0 ? "good" : "bad") + ", number " + i + ".",
                        i % 2 == 0 ? "positive" : "negative"))
                .toList();
    }

    private static List<PreferencePair> preferences() {
        return IntStream.range(0, 96)
                .mapToObj(i -> new PreferencePair(
                        "Number " + i + " is ",
                        List.of(),
                        "good" + " so".repeat(i % 2),
                        "bad" + " so".repeat(1 - i % 2)))
                .toList();
    }

    private static List<NliPair> nli() {
        return IntStream.range(0, 48)
                .mapToObj(i -> new NliPair("Number " + i / 3, "It is " + i, NliLabel.values()[i % 3]))
                .toList();
    }
}
