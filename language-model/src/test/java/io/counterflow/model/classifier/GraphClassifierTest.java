package io.counterflow.model.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Graphs that PyTorch exported, in ONNX and in TorchScript. */
class GraphClassifierTest {
    private static final Path EXPORTED = EncoderFixture.FIXTURES.resolve("encoder-bert-exported");

    private final EncoderFixture fixture = EncoderFixture.named("encoder-bert");

    @TempDir
    Path folder;

    private void place(String from, String to) throws IOException {
        Files.createDirectories(folder.resolve(to).getParent());
        Files.copy(EXPORTED.resolve(from), folder.resolve(to));
        Files.copy(fixture.folder().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        Files.copy(fixture.folder().resolve("config.json"), folder.resolve("config.json"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.onnx", "onnx/model.onnx", "model.pt"})
    void aGraphGivesTheLogitsOfTheCheckpointItWasMadeOf(String place) throws IOException {
        place(Path.of(place).getFileName().toString(), place);
        try (SequenceClassifier classifier = SequenceClassifier.load(folder, ModelOptions.inference())) {
            assertThat(classifier).isInstanceOf(GraphClassifier.class);
            assertThat(classifier.labels()).containsExactly("entailment", "neutral", "contradiction");
            assertThat(classifier.context()).isEqualTo(64);
            List<ClassifierInput> inputs = fixture.encoded(classifier);
            assertThat(inputs).isEqualTo(fixture.inputs());
            assertThat(EncoderFixture.flat(classifier.logits(inputs)))
                    .containsExactly(fixture.flat("logits"), within(1e-5f));
            assertThatThrownBy(() -> classifier.logits(List.of(new ClassifierInput(new int[65], new int[65]))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("longer than the model's context of 64");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.onnx", "model.pt"})
    void labelsThatAreNotThoseOfTheGraphAreRefused(String name) throws IOException {
        place(name, name);
        Files.writeString(
                folder.resolve("config.json"),
                "{\"model_type\": \"any\", \"max_position_embeddings\": 64, \"id2label\": {\"0\": \"no\", \"1\":"
                        + " \"yes\"}}");
        assertThatThrownBy(() -> SequenceClassifier.load(folder, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("gives 3 logits, but config.json names 2 labels: no, yes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.onnx", "model.pt"})
    void aDamagedGraphIsNamed(String name) throws IOException {
        place(name, name);
        byte[] bytes = Files.readAllBytes(folder.resolve(name));
        Files.write(folder.resolve(name), Arrays.copyOf(bytes, bytes.length / 2));
        assertThatThrownBy(() -> SequenceClassifier.load(folder, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("cannot load")
                .hasMessageContaining(name);
    }

    @Test
    void aFolderOfNoClassifierIsRefusedInOneLine() {
        assertThatThrownBy(() -> SequenceClassifier.load(folder, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(folder
                        + " holds no classifier: there is neither model.safetensors nor model.onnx nor model.pt");
        assertThatThrownBy(() -> SequenceClassifier.load(folder.resolve("none"), ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("there is no folder");
    }
}
