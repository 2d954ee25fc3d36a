package io.counterflow.model.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorInfo;
import io.counterflow.model.safetensors.TensorType;
import io.counterflow.model.training.OptimizerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Encoders' checkpoints, written, read, and refused. */
class EncoderCheckpointTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path folder;

    @Test
    void whatIsSavedAndStartedFromAgainIsTheSameToTheByte() throws IOException {
        EncoderFixture fixture = EncoderFixture.named("encoder-roberta");
        Path first = folder.resolve("first");
        Path second = folder.resolve("second");
        try (TrainableClassifier classifier =
                TrainableClassifier.startFrom(fixture.folder(), fixture.labels(), 1, ModelOptions.training())) {
            classifier.save(first);
        }
        try (TrainableClassifier classifier =
                TrainableClassifier.startFrom(first, fixture.labels(), 2, ModelOptions.training())) {
            classifier.save(second);
            assertThat(classifier.weightsSha256()).isNotBlank();
            assertThatThrownBy(() -> classifier.save(second))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("exists already");
        }
        for (String name : List.of("model.safetensors", "config.json", "tokenizer.json")) {
            assertThat(Files.readAllBytes(second.resolve(name)))
                    .as(name)
                    .isEqualTo(Files.readAllBytes(first.resolve(name)));
        }
        try (SafetensorsFile saved = SafetensorsFile.open(first.resolve("model.safetensors"));
                SafetensorsFile original = SafetensorsFile.open(fixture.folder().resolve("model.safetensors"))) {
            assertThat(saved.tensors())
                    .extracting(TensorInfo::name)
                    .containsExactlyInAnyOrderElementsOf(
                            original.tensors().stream().map(TensorInfo::name).toList());
            for (TensorInfo tensor : original.tensors()) {
                assertThat(saved.floats(tensor.name())).isEqualTo(original.floats(tensor.name()));
            }
        }
        JsonNode config = MAPPER.readTree(first.resolve("config.json").toFile());
        assertThat(config.get("architectures").get(0).asText()).isEqualTo("RobertaForSequenceClassification");
        assertThat(config.get("id2label").get("0").asText()).isEqualTo("reward");
        assertThat(config.get("label2id").get("reward").asInt()).isZero();
    }

    @Test
    void aBareEncoderInFloat16LearnsLabelsAndIsLoadedAsItWasSaved() throws IOException {
        Path base = bareEncoder();
        List<ClassifierInput> inputs = EncoderFixture.named("encoder-bert").inputs();
        List<String> labels = List.of("a", "b", "c", "d");
        Path saved = folder.resolve("saved");
        float[] logits;
        try (TrainableClassifier classifier = TrainableClassifier.startFrom(
                        base, labels, 7, ModelOptions.training().withWorkers(2));
                ClassifierOptimizer optimizer = classifier.optimizer(OptimizerConfig.standard())) {
            for (int i = 0; i < 60; i++) {
                optimizer.accumulate(inputs, EncoderFixture::ownPlace);
                optimizer.step(1e-2);
            }
            float[][] rows = classifier.logits(inputs);
            for (int i = 0; i < rows.length; i++) {
                assertThat(indexOfLargest(rows[i])).isEqualTo(i);
            }
            logits = EncoderFixture.flat(rows);
            classifier.save(saved);
        }
        try (SequenceClassifier classifier = SequenceClassifier.load(saved, ModelOptions.inference())) {
            assertThat(classifier.labels()).isEqualTo(labels);
            assertThat(EncoderFixture.flat(classifier.logits(inputs))).containsExactly(logits, within(1e-5f));
        }
    }

    /** The fixture's encoder as sentence-transformers publishes one: without head and prefix, in float16, with a buffer. */
    private Path bareEncoder() throws IOException {
        Path bert = EncoderFixture.FIXTURES.resolve("encoder-bert");
        Path base = Files.createDirectory(folder.resolve("base"));
        ObjectNode config =
                (ObjectNode) MAPPER.readTree(bert.resolve("config.json").toFile());
        config.putArray("architectures").add("BertModel");
        config.remove(List.of("id2label", "label2id", "dtype"));
        MAPPER.writeValue(base.resolve("config.json").toFile(), config);
        Files.copy(bert.resolve("tokenizer.json"), base.resolve("tokenizer.json"));
        rewrite(bert, base, TensorType.F16, tensors -> {
            List<Weight> bare = new ArrayList<>();
            for (Weight tensor : tensors) {
                if (!tensor.name().startsWith("classifier.") && !tensor.name().contains("pooler")) {
                    bare.add(new Weight(tensor.name().substring("bert.".length()), tensor.shape(), tensor.values()));
                }
            }
            bare.add(new Weight("embeddings.position_ids", List.of(1L, 2L), new float[2]));
            return bare;
        });
        return base;
    }

    private record Weight(String name, List<Long> shape, float[] values) {}

    private static void rewrite(Path from, Path to, TensorType type, UnaryOperator<List<Weight>> change) {
        List<Weight> weights = new ArrayList<>();
        try (SafetensorsFile file = SafetensorsFile.open(from.resolve("model.safetensors"))) {
            for (TensorInfo info : file.tensors()) {
                weights.add(new Weight(info.name(), info.shape(), file.floats(info.name())));
            }
        }
        SafetensorsWriter.write(
                to.resolve("model.safetensors"),
                change.apply(weights).stream()
                        .map(w -> Tensor.ofFloats(w.name(), type, w.shape(), w::values))
                        .toList(),
                SafetensorsWriter.PYTORCH_METADATA);
    }

    @Test
    void tensorsThatAreMissingLeftOverOrOfAnotherShapeAreNamed() throws IOException {
        assertThatThrownBy(() -> damaged(weights -> without(weights, "bert.encoder.layer.1.output.dense.bias")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("bert.encoder.layer.1.output.dense.bias of shape [16] is missing");
        assertThatThrownBy(() -> damaged(weights ->
                        with(weights, new Weight("bert.encoder.layer.2.output.dense.bias", List.of(1L), new float[1]))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("bert.encoder.layer.2.output.dense.bias is left over");
        assertThatThrownBy(() -> damaged(weights -> with(
                        without(weights, "classifier.bias"), new Weight("classifier.bias", List.of(2L), new float[2]))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("classifier.bias has the shape [2]; the configuration asks for [3]");
    }

    private static List<Weight> without(List<Weight> weights, String name) {
        return weights.stream().filter(w -> !w.name().equals(name)).toList();
    }

    private static List<Weight> with(List<Weight> weights, Weight more) {
        return Stream.concat(weights.stream(), Stream.of(more)).toList();
    }

    private void damaged(UnaryOperator<List<Weight>> change) throws IOException {
        Path copy = copyOf("encoder-bert", config -> {});
        rewrite(EncoderFixture.FIXTURES.resolve("encoder-bert"), copy, TensorType.F32, change);
        SequenceClassifier.load(copy, ModelOptions.inference()).close();
    }

    private Path copyOf(String name, Consumer<ObjectNode> change) throws IOException {
        Path copy = Files.createTempDirectory(folder, "copy");
        for (String file : List.of("model.safetensors", "tokenizer.json")) {
            Files.copy(EncoderFixture.FIXTURES.resolve(name).resolve(file), copy.resolve(file));
        }
        ObjectNode config = (ObjectNode) MAPPER.readTree(
                EncoderFixture.FIXTURES.resolve(name).resolve("config.json").toFile());
        change.accept(config);
        MAPPER.writeValue(copy.resolve("config.json").toFile(), config);
        return copy;
    }

    @Test
    void whatTheEncoderDoesNotComputeIsRefusedByName() throws IOException {
        refuses(
                config -> config.put("position_embedding_type", "relative_key"),
                "position_embedding_type is relative_key");
        refuses(config -> config.put("is_decoder", true), "is_decoder is true");
        refuses(config -> config.put("hidden_act", "mish"), "hidden_act is mish");
        refuses(config -> config.put("model_type", "deberta-v2"), "the model type deberta-v2 is not supported");
        refuses(config -> config.put("num_attention_heads", 3), "the second must divide the first");
        refuses(config -> config.putArray("architectures").add("BertModel"), "without a classification head");
        refuses(config -> config.putObject("id2label").put("1", "x"), "id2label");
    }

    private void refuses(Consumer<ObjectNode> change, String message) throws IOException {
        Path copy = copyOf("encoder-bert", change);
        assertThatThrownBy(() -> SequenceClassifier.load(copy, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(message);
    }

    private static int indexOfLargest(float[] values) {
        int largest = 0;
        for (int i = 1; i < values.length; i++) {
            largest = values[i] > values[largest] ? i : largest;
        }
        return largest;
    }
}
