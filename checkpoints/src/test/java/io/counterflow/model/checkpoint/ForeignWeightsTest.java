package io.counterflow.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForeignWeightsTest {
    private static final Path LLAMA = Path.of("src/test/resources/fixtures/tiny-llama");

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model-Q8_0.gguf                 | GGUF                          | gguf_file=\"model-Q8_0.gguf\"",
                "ggml-model.bin                  | GGML                          | made from",
                "__0_0.distcp                    | distributed checkpoint        | dcp_to_torch",
                ".metadata                       | distributed checkpoint        | accelerate merge-weights",
                "zero_to_fp32.py                 | DeepSpeed                     | --safe_serialization",
                "global_step100                  | DeepSpeed                     | zero_to_fp32.py",
                "pytorch_model_fsdp.bin          | FSDP                          | merge-weights",
                "model_world_size_8_rank_0.pt    | FSDP                          | merge-weights",
                "pytorch_model.bin               | pickle of PyTorch             | save_pretrained",
                "pytorch_model-00001-of-00002.bin| pickle of PyTorch             | save_pretrained",
                "pytorch_model.bin.index.json    | pickle of PyTorch             | save_pretrained",
                "weights.pth                     | pickle of PyTorch             | save_pretrained",
                "checkpoint.pt                   | pickle of PyTorch             | save_pretrained",
                "consolidated.00.pth             | Meta's own form               | convert_llama_weights_to_hf",
                "consolidated.safetensors        | Mistral's own form            | convert_mistral_weights_to_hf",
                "tf_model.h5                     | TensorFlow                    | from_tf=True",
                "flax_model.msgpack              | Flax                          | from_flax=True",
                "weights.npz                     | MLX                           | made from",
                "decoder.onnx                    | ONNX                          | exported from",
                "model-00001-of-00002.safetensors| shards without their index    | model.safetensors.index.json",
            })
    void areNamedWithTheWayToConvertThem(String name, String form, String remedy) throws IOException {
        Files.writeString(folder.resolve(name), "");
        // A folder that was trained in has pickles beside its weights.
        Files.writeString(folder.resolve("training_args.bin"), "");
        for (boolean withConfig : new boolean[] {false, true}) {
            if (withConfig) {
                Files.copy(LLAMA.resolve("config.json"), folder.resolve("config.json"));
            }
            assertThatThrownBy(() -> CheckpointTensors.open(folder, ModelConfig.read(folder)))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith(folder + " holds its weights as ")
                    .hasMessageContainingAll(form, "(" + name + ")", remedy)
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
            assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContainingAll(form, remedy);
        }
    }

    @Test
    void adaptersToo() throws IOException {
        Files.writeString(folder.resolve("adapter_model.bin"), "");
        assertThatThrownBy(() -> AdapterTensors.read(folder, ModelConfig.read(LLAMA)))
                .hasMessageContainingAll("a LoRA adapter as a pickle", "PeftModel.from_pretrained");
    }

    @Test
    void checkpointsOfATrainingAreShown() throws IOException {
        Files.createDirectory(folder.resolve("checkpoint-500"));
        Files.writeString(folder.resolve("training_args.bin"), "");
        assertThatThrownBy(() -> ModelConfig.read(folder))
                .hasMessage("there is no config.json in %s; name one of the checkpoints in it: checkpoint-500", folder);
    }

    @Test
    void aFileInThePlaceOfAFolderIsNamedToo() {
        assertThat(ForeignWeights.describeFile(folder.resolve("a.gguf"))).contains("is a file, GGUF");
        assertThat(ForeignWeights.describeFile(folder.resolve("model.safetensors")))
                .endsWith("name " + folder);
    }
}
