package io.counterflow.model.classifier;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.ForeignWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForeignClassifierTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model-Q8_0.gguf",
                ".metadata",
                "zero_to_fp32.py",
                "pytorch_model_fsdp.bin",
                "pytorch_model.bin",
                "checkpoint.pt",
                "consolidated.00.pth",
                "consolidated.safetensors",
                "tf_model.h5",
                "flax_model.msgpack",
                "weights.npz",
                "decoder.onnx",
                "model-00001-of-00002.safetensors",
            })
    void weightsInAnotherFormAreNamedWithTheWayToConvertThem(String name) throws IOException {
        Files.writeString(folder.resolve(name), "");
        String description = ForeignWeights.describe(folder).orElseThrow();
        for (boolean withConfig : new boolean[] {false, true}) {
            if (withConfig) {
                Files.copy(EncoderFixture.FIXTURES.resolve("encoder-bert/config.json"), folder.resolve("config.json"));
            }
            assertThatThrownBy(() -> SequenceClassifier.load(folder, ModelOptions.inference()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(description);
        }
    }
}
