package io.counterflow.scorer.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.classifier.ClassifierInput;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.model.classifier.TrainableClassifier;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.evaluation.Probabilities;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scorers on real, tiny models. */
class LearnedScorersTest {

    private static final Path FIXTURES = Path.of("../checkpoints/src/test/resources/fixtures");
    private static final Path REWARD_MODEL = FIXTURES.resolve("tiny-reward-model");
    private static final String LONG =
            "Rain falls on the plain. The river rises. A man walks home with wet feet. His dog waits at"
                    + " the door. They eat soup, bread and cheese. The night is long and cold. Nobody sleeps before the storm is over.";

    @TempDir
    Path folder;

    /** {@code expected.json} was computed by PyTorch; the graphs are exports of the same model. */
    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors", "model.onnx", "model.pt"})
    void scoresAreThoseOfPyTorch(String weights) throws Exception {
        Path model = encoder(weights);
        JsonNode expected = new ObjectMapper()
                .readTree(FIXTURES.resolve("encoder-bert/expected.json").toFile());
        int pairs = 0;
        for (int i = 0; i < expected.path("inputs").size(); i++) {
            JsonNode input = expected.path("inputs").get(i);
            String text = input.path("text").asText();
            float[] logits =
                    new ObjectMapper().convertValue(expected.path("logits").get(i), float[].class);
            Map<String, Object> settings = new HashMap<>(Map.of("model", model.toString()));
            if (input.path("pair").isNull()) {
                settings.putAll(Map.of("label", "neutral", "value", "logit"));
                ScoreRequest request = new ScoreRequest("1", "", text, Map.of());
                assertThat(value(score("reward-model", settings, request).get(0)))
                        .isCloseTo(logits[1], within(1e-5));
            } else {
                settings.put("unit", "whole");
                ScoreRequest request =
                        new ScoreRequest("1", text, input.path("pair").asText(), Map.of());
                Scored scored = (Scored) score("entailment", settings, request).get(0);
                assertThat(scored.value()).isCloseTo(Probabilities.softmax(logits)[0], within(1e-5));
                settings.putAll(Map.of("label", "contradiction", "form", "pair", "value", "logit"));
                settings.remove("unit");
                assertThat(value(score("reward-model", settings, request).get(0)))
                        .isCloseTo(logits[2], within(1e-5));
                pairs++;
            }
        }
        assertThat(pairs).isEqualTo(2);
    }

    @Test
    void aRewardIsTheLogitOfTheTemplatedText() throws Exception {
        float[] expected = logits("What is red? A rose", "x y");
        List<ScoreOutcome> outcomes = score(
                "reward-model",
                Map.of("model", REWARD_MODEL.toString(), "template", "{prompt} {completion}"),
                new ScoreRequest("1", "What is red?", "A rose", Map.of()),
                new ScoreRequest("2", "x", "y", Map.of()));
        assertThat(value(outcomes.get(0))).isCloseTo(expected[0], within(1e-5));
        assertThat(value(outcomes.get(1))).isCloseTo(expected[1], within(1e-5));
    }

    @Test
    void metadataHasAPlaceInTheTemplateAndIsMissedWhereThereIsNone() throws Exception {
        List<ScoreOutcome> outcomes = score(
                "reward-model",
                Map.of("model", REWARD_MODEL.toString(), "template", "{metadata.topic}: {completion}"),
                new ScoreRequest("1", "", "a rose", Map.of("topic", "flowers")),
                new ScoreRequest("2", "", "a rose", Map.of()));
        assertThat(value(outcomes.get(0))).isCloseTo(logits("flowers: a rose")[0], within(1e-5));
        assertThat(outcomes.get(1)).isEqualTo(new Rejected("the prompt's metadata has no 'topic'"));
        assertThatThrownBy(() -> score("reward-model", Map.of("model", "m", "template", "{prompt}")))
                .hasMessageContaining("template '{prompt}' has no {completion}");
    }

    @Test
    void aConversationIsSpelledByTheChatTemplateOfTheCheckpoint() throws Exception {
        Path model = copy(REWARD_MODEL);
        Files.writeString(
                model.resolve("chat_template.jinja"),
                "{% for m in messages %}<{{ m.role }}> {{ m.content }}{% endfor %}");
        ScoreRequest chat = new ScoreRequest("1", "Hi", List.of(new Turn("user", "Hi")), "Good day", Map.of());
        assertThat(value(score("reward-model", Map.of("model", model.toString()), chat)
                        .get(0)))
                .isCloseTo(logits("<user> Hi<assistant> Good day")[0], within(1e-5));
        assertThat(value(score("reward-model", Map.of("model", model.toString(), "chatTemplate", "false"), chat)
                        .get(0)))
                .isCloseTo(logits("HiGood day")[0], within(1e-5));
    }

    @Test
    void aLongInputKeepsTheEndThatIsAskedForAndSaysSo() throws Exception {
        try (SequenceClassifier model = SequenceClassifier.load(REWARD_MODEL, ModelOptions.inference())) {
            int[] all = model.encode(LONG).tokens();
            int[] tail = Arrays.copyOfRange(all, all.length - 20, all.length);
            float expected = model.logits(List.of(new ClassifierInput(tail, new int[20])))[0][0];
            Scored scored = (Scored) score(
                            "reward-model",
                            Map.of("model", REWARD_MODEL.toString(), "maxLength", 20),
                            new ScoreRequest("1", "", LONG, Map.of()))
                    .get(0);
            assertThat(scored.value()).isCloseTo(expected, within(1e-5));
            assertThat(scored.details())
                    .containsEntry("tokens", "20")
                    .containsEntry("tokens_cut", Integer.toString(all.length - 20));
        }
    }

    @Test
    void ofSeveralLabelsOneMustBeNamed() throws Exception {
        Path model = classifier(List.of("negative", "positive"));
        ScoreRequest request = new ScoreRequest("1", "It was ", "fine", Map.of());
        assertThatThrownBy(() -> score("reward-model", Map.of("model", model.toString()), request))
                .hasMessageContaining("has the labels [negative, positive]; say with the setting 'label'");
        assertThatThrownBy(() -> score("reward-model", Map.of("model", model.toString(), "label", "good"), request))
                .hasMessageContaining("has no label 'good', but [negative, positive]");

        Map<String, Object> settings = new HashMap<>(Map.of("model", model.toString(), "label", "positive"));
        Scored probability = (Scored) score("reward-model", settings, request).get(0);
        settings.put("value", "log_odds");
        Scored odds = (Scored) score("reward-model", settings, request).get(0);
        double p = probability.value();
        assertThat(p).isBetween(0.0, 1.0).isEqualTo(probability.components().get("positive"));
        assertThat(probability.components().get("negative")).isCloseTo(1 - p, within(1e-9));
        assertThat(odds.value()).isCloseTo(Math.log(p / (1 - p)), within(1e-6));
        settings.put("label", "negative");
        assertThat(value(score("reward-model", settings, request).get(0))).isCloseTo(-odds.value(), within(1e-6));
    }

    @Test
    void manyThreadsGetWhatOneDoes() throws Exception {
        Map<String, Object> settings = Map.of("model", REWARD_MODEL.toString(), "instances", 2);
        List<ScoreRequest> requests = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            requests.add(new ScoreRequest("" + i, "Number ", "" + i * i, Map.of()));
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (Scorer scorer = ScorerCatalog.onClassPath().create("reward-model", settings)) {
            List<ScoreOutcome> expected = scorer.score(requests);
            List<CompletableFuture<ScoreOutcome>> found = requests.stream()
                    .map(request -> CompletableFuture.supplyAsync(() -> one(scorer, request), threads))
                    .toList();
            for (int i = 0; i < 40; i++) {
                assertThat(value(found.get(i).join())).isCloseTo(value(expected.get(i)), within(1e-5));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aMissingFolderIsOneLineAndALanguageModelIsNoRewardModel() {
        assertThatThrownBy(() -> score(
                        "reward-model", Map.of("model", folder.resolve("none").toString())))
                .hasMessageContaining("there is no folder " + folder.resolve("none"));
        assertThatThrownBy(() -> score("entailment", Map.of()))
                .hasMessageContaining("settings of scorer entailment: model is missing");
        assertThatThrownBy(() -> score(
                        "entailment",
                        Map.of("model", FIXTURES.resolve("tiny-llama").toString())))
                .hasMessageContaining("holds a language model; a classifier is a LlamaForSequenceClassification");
        assertThatThrownBy(() -> score("reward-model", Map.of("model", "m", "colour", "red")))
                .hasMessageContaining("colour");
    }

    @Test
    void theOrderOfTheLabelsIsTheCheckpoints() throws Exception {
        Path model = classifier(List.of("contradiction", "neutral", "entailment"));
        ScoreRequest request = new ScoreRequest("1", "It rains.", "Water falls.", Map.of());
        Scored before = (Scored)
                score("entailment", Map.of("model", model.toString()), request).get(0);
        double[] p = pairProbabilities(model, "It rains.", "Water falls.");
        assertThat(before.value()).isCloseTo(p[2], within(1e-6));
        assertThat(before.components().get("contradiction")).isCloseTo(p[0], within(1e-6));

        rename(model, "ENTAILMENT", "CONTRADICTION", "NEUTRAL");
        Scored after = (Scored)
                score("entailment", Map.of("model", model.toString()), request).get(0);
        assertThat(after.value()).isCloseTo(p[0], within(1e-6));
        assertThat(after.components().get("neutral")).isCloseTo(p[2], within(1e-6));

        Scored difference =
                (Scored) score("entailment", Map.of("model", model.toString(), "value", "difference"), request)
                        .get(0);
        assertThat(difference.value()).isCloseTo(p[0] - p[1], within(1e-6));

        rename(model, "LABEL_0", "LABEL_1", "LABEL_2");
        assertThatThrownBy(() -> score("entailment", Map.of("model", model.toString()), request))
                .hasMessageContaining("none of the labels [LABEL_0, LABEL_1, LABEL_2] means entailment");
        Scored named = (Scored) score(
                        "entailment",
                        Map.of("model", model.toString(), "labels", List.of("neutral", "entailment", "contradiction")),
                        request)
                .get(0);
        assertThat(named.value()).isCloseTo(p[1], within(1e-6));
    }

    @Test
    void eachSentenceIsJudgedAndTheLowestOrTheMeanCounts() throws Exception {
        Path model = classifier(List.of("contradiction", "neutral", "entailment"));
        ScoreRequest request =
                new ScoreRequest("1", "ignored", "Water falls. The sun shines.", Map.of("document", "It rains."));
        double first = pairProbabilities(model, "It rains.", "Water falls.")[2];
        double second = pairProbabilities(model, "It rains.", "The sun shines.")[2];
        Map<String, Object> settings = new HashMap<>(Map.of("model", model.toString(), "source", "document"));
        Scored mean = (Scored) score("entailment", settings, request).get(0);
        assertThat(mean.value()).isCloseTo((first + second) / 2, within(1e-6));
        assertThat(mean.details()).containsEntry("sentences", "2");
        settings.put("combine", "min");
        assertThat(value(score("entailment", settings, request).get(0)))
                .isCloseTo(Math.min(first, second), within(1e-6));
        settings.put("unit", "whole");
        assertThat(value(score("entailment", settings, request).get(0)))
                .isCloseTo(pairProbabilities(model, "It rains.", "Water falls. The sun shines.")[2], within(1e-6));
        assertThat(score("entailment", settings, new ScoreRequest("2", "p", "c", Map.of()))
                        .get(0))
                .isEqualTo(new Rejected("the prompt's metadata has no 'document'"));
        settings.put("unit", "sentence");
        assertThat(score("entailment", settings, new ScoreRequest("3", "p", " ... ", Map.of("document", "d")))
                        .get(0))
                .isInstanceOf(Rejected.class);
    }

    @Test
    void aLongSourceIsSplitAndThePartThatSupportsMostCounts() throws Exception {
        Path model = classifier(List.of("contradiction", "neutral", "entailment"));
        int limit = 64;
        List<String> parts = new ArrayList<>();
        try (SequenceClassifier classifier = SequenceClassifier.load(model, ModelOptions.inference())) {
            int claim = classifier.tokenizer().encode("The man is dry.").length;
            parts.addAll(new Windows(text -> classifier.tokenizer().encode(text).length).of(LONG, limit - claim));
        }
        assertThat(parts).hasSizeGreaterThan(2);
        double best = 0;
        for (String part : parts) {
            best = Math.max(best, pairProbabilities(model, part, "The man is dry.")[2]);
        }
        Scored scored = (Scored) score(
                        "entailment",
                        Map.of("model", model.toString(), "maxLength", limit),
                        new ScoreRequest("1", LONG, "The man is dry.", Map.of()))
                .get(0);
        assertThat(scored.details()).containsEntry("comparisons", Integer.toString(parts.size()));
        assertThat(scored.value()).isCloseTo(best, within(1e-6));

        Scored bySentence = (Scored) score(
                        "entailment",
                        Map.of("model", model.toString(), "sourceParts", "sentence"),
                        new ScoreRequest("1", LONG, "The man is dry.", Map.of()))
                .get(0);
        assertThat(bySentence.details())
                .containsEntry(
                        "comparisons", Integer.toString(Sentences.of(LONG).size()));
    }

    private static List<ScoreOutcome> score(String kind, Map<String, Object> settings, ScoreRequest... requests)
            throws Exception {
        try (Scorer scorer = ScorerCatalog.onClassPath().create(kind, settings)) {
            return scorer.score(List.of(requests));
        }
    }

    private static ScoreOutcome one(Scorer scorer, ScoreRequest request) {
        try {
            return scorer.score(List.of(request)).get(0);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static double value(ScoreOutcome outcome) {
        assertThat(outcome).isInstanceOf(Scored.class);
        return ((Scored) outcome).value();
    }

    private static float[] logits(String... texts) {
        try (SequenceClassifier model = SequenceClassifier.load(REWARD_MODEL, ModelOptions.inference())) {
            float[] logits = new float[texts.length];
            for (int i = 0; i < texts.length; i++) {
                logits[i] = model.logits(List.of(model.encode(texts[i])))[0][0];
            }
            return logits;
        }
    }

    private static double[] pairProbabilities(Path model, String premise, String hypothesis) {
        try (SequenceClassifier classifier = SequenceClassifier.load(model, ModelOptions.inference())) {
            return Probabilities.softmax(classifier.logits(List.of(classifier.encode(premise, hypothesis)))[0]);
        }
    }

    /** A classifier with random weights. */
    private Path classifier(List<String> labels) {
        Path model = folder.resolve("classifier");
        try (TrainableClassifier classifier =
                TrainableClassifier.startFrom(FIXTURES.resolve("tiny-llama"), labels, 3, ModelOptions.inference())) {
            classifier.save(model);
        }
        return model;
    }

    private static void rename(Path model, String... labels) throws IOException {
        ObjectMapper json = new ObjectMapper();
        Path file = model.resolve("config.json");
        ObjectNode config = (ObjectNode) json.readTree(file.toFile());
        ObjectNode names = config.putObject("id2label");
        ObjectNode ids = config.putObject("label2id");
        for (int k = 0; k < labels.length; k++) {
            names.put(Integer.toString(k), labels[k]);
            ids.put(labels[k], k);
        }
        json.writeValue(file.toFile(), config);
    }

    private Path encoder(String weights) throws IOException {
        Path model = Files.createDirectory(folder.resolve("encoder"));
        Path bert = FIXTURES.resolve("encoder-bert");
        Files.copy(bert.resolve("config.json"), model.resolve("config.json"));
        Files.copy(bert.resolve("tokenizer.json"), model.resolve("tokenizer.json"));
        Path from = weights.equals("model.safetensors") ? bert : FIXTURES.resolve("encoder-bert-exported");
        Files.copy(from.resolve(weights), model.resolve(weights));
        return model;
    }

    private Path copy(Path checkpoint) throws IOException {
        Path copy = Files.createDirectory(folder.resolve("copy"));
        for (String name : List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(checkpoint.resolve(name), copy.resolve(name));
        }
        return copy;
    }
}
