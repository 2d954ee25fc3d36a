package io.counterflow.model.classifier;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.LogitGradient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A folder of fixtures/encoder-*, with what plain PyTorch computes on it. */
record EncoderFixture(Path folder, JsonNode expected) {
    static final Path FIXTURES = Path.of("../checkpoints/src/test/resources/fixtures");

    static EncoderFixture named(String name) {
        Path folder = FIXTURES.resolve(name);
        try {
            return new EncoderFixture(
                    folder,
                    new ObjectMapper().readTree(folder.resolve("expected.json").toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The inputs as the fixture's maker tokenised them. */
    List<ClassifierInput> inputs() {
        List<ClassifierInput> inputs = new ArrayList<>();
        for (JsonNode input : expected.get("inputs")) {
            inputs.add(new ClassifierInput(ints(input.get("tokens")), ints(input.get("segments"))));
        }
        return inputs;
    }

    /** The same inputs by the classifier's tokenizer. */
    List<ClassifierInput> encoded(SequenceClassifier classifier) {
        List<ClassifierInput> inputs = new ArrayList<>();
        for (JsonNode input : expected.get("inputs")) {
            String text = input.get("text").asText();
            inputs.add(
                    input.get("pair").isNull()
                            ? classifier.encode(text)
                            : classifier.encode(text, input.get("pair").asText()));
        }
        return inputs;
    }

    float[] flat(String key) {
        List<Float> values = new ArrayList<>();
        for (JsonNode row : expected.get(key)) {
            row.forEach(value -> values.add(value.floatValue()));
        }
        return array(values);
    }

    static float[] flat(float[][] rows) {
        List<Float> values = new ArrayList<>();
        for (float[] row : rows) {
            for (float value : row) {
                values.add(value);
            }
        }
        return array(values);
    }

    private static float[] array(List<Float> values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }

    private static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        Arrays.setAll(values, i -> array.get(i).asInt());
        return values;
    }

    /** That of the loss in expected.json: cross-entropy, or with one label Bradley-Terry, every input above the next; means. */
    LogitGradient gradient() {
        JsonNode targets = expected.get("targets");
        return logits -> {
            float[][] slopes = new float[logits.length][logits[0].length];
            if (logits[0].length == 1) {
                for (int i = 0; i + 1 < logits.length; i++) {
                    double slope = -1 / (1 + Math.exp(logits[i][0] - logits[i + 1][0])) / (logits.length - 1);
                    slopes[i][0] += (float) slope;
                    slopes[i + 1][0] -= (float) slope;
                }
                return slopes;
            }
            for (int i = 0; i < logits.length; i++) {
                double sum = 0;
                for (float logit : logits[i]) {
                    sum += Math.exp(logit);
                }
                for (int label = 0; label < logits[i].length; label++) {
                    double target = targets.get(i).asInt() == label ? 1 : 0;
                    slopes[i][label] = (float) ((Math.exp(logits[i][label]) / sum - target) / logits.length);
                }
            }
            return slopes;
        };
    }

    List<String> labels() {
        List<String> labels = new ArrayList<>();
        try {
            JsonNode names = new ObjectMapper()
                    .readTree(folder.resolve("config.json").toFile())
                    .get("id2label");
            for (int id = 0; id < names.size(); id++) {
                labels.add(names.get(Integer.toString(id)).asText());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return labels;
    }

    /** The gradient of the cross-entropy of labels that are the inputs' places. */
    static float[][] ownPlace(float[][] logits) {
        float[][] slopes = new float[logits.length][];
        for (int row = 0; row < logits.length; row++) {
            double sum = 0;
            for (float logit : logits[row]) {
                sum += Math.exp(logit);
            }
            slopes[row] = new float[logits[row].length];
            for (int label = 0; label < slopes[row].length; label++) {
                slopes[row][label] = (float) (Math.exp(logits[row][label]) / sum - (label == row ? 1 : 0));
            }
        }
        return slopes;
    }
}
