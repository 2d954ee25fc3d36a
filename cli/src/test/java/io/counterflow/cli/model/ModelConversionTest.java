package io.counterflow.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.cli.Counterflow;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What 'model convert' and 'model merge' write, and refuse to write. */
class ModelConversionTest {
    private static final Path FIXTURES = Path.of("../checkpoints/src/test/resources/fixtures");
    private static final Path CLASSIFIER = FIXTURES.resolve("adapter-classifier-llama/adapter");

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void aWeightThatFloat16CannotHoldIsNamedAndNothingIsWritten() {
        Path model = tinyLlamaWith(1e5f);
        Path target = folder.resolve("half");
        assertThat(run("convert", model, target, "--dtype", "float16")).isEqualTo(1);
        assertThat(err.toString())
                .contains("tensor model.norm.weight holds 100000.0 at element 0, which would be infinite in float16")
                .hasLineCount(1);
        assertThat(target).doesNotExist();
        assertThat(run("convert", model, target, "--dtype", "bfloat16")).isZero();
    }

    @Test
    void aWeightThatIsNoNumberIsSaid() {
        Path model = tinyLlamaWith(Float.NaN);
        assertThat(run("convert", model, folder.resolve("half"), "--dtype", "float16"))
                .isZero();
        assertThat(err.toString())
                .contains("warning: 1 tensors hold NaN or infinity")
                .contains("model.norm.weight");
        assertThat(run("show", model)).isZero();
        assertThat(out.toString()).contains("NaN or infinity in");
    }

    /** PEFT's merge with safe_merge refuses it too. */
    @Test
    void anAdapterIsNotMergedIntoWeightsThatAreNoNumbers() throws IOException {
        Path model = tinyLlamaWith(Float.NaN);
        Path adapter = FIXTURES.resolve("adapter-alpha-patterns");
        assertThat(run("merge", adapter, folder.resolve("merged"), "--base", model))
                .isEqualTo(1);
        assertThat(err.toString())
                .contains("tensor model.norm.weight of the base holds NaN at element 0")
                .hasLineCount(1);
        assertThat(folder.resolve("merged")).doesNotExist();
    }

    @Test
    void anAdapterIsMergedInTheTypeThatIsAskedFor() {
        Path merged = folder.resolve("merged");
        assertThat(run("merge", FIXTURES.resolve("adapter-alpha-patterns"), merged, "--dtype", "bfloat16"))
                .as(err.toString())
                .isZero();
        ModelConfig config = ModelConfig.read(merged);
        assertThat(config.dtype()).contains(TensorType.BF16);
        try (CheckpointTensors tensors = CheckpointTensors.open(merged, config)) {
            assertThat(tensors.info("lm_head.weight").type()).isEqualTo(TensorType.BF16);
        }
    }

    @Test
    void theAdapterOfAClassifierMakesAClassifierOfALanguageModel() throws IOException {
        Path merged = folder.resolve("merged");
        assertThat(run("merge", CLASSIFIER, merged)).as(err.toString()).isZero();
        assertThat(ModelConfig.read(merged).json().path("architectures").toString())
                .isEqualTo("[\"LlamaForSequenceClassification\"]");
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode expected =
                (ObjectNode) mapper.readTree(CLASSIFIER.resolve("expected.json").toFile());
        mapper.writeValue(merged.resolve("expected.json").toFile(), expected);
        assertThat(run("verify", merged)).as(out.toString()).isZero();
        assertThat(run("verify", CLASSIFIER)).as(out.toString()).isZero();
        assertThat(run("show", CLASSIFIER)).isZero();
        assertThat(out.toString())
                .contains("LoRA adapter of a sequence classifier", "LlamaForSequenceClassification", "LABEL_0");
    }

    @Test
    void nothingIsGeneratedWithAClassifier() {
        assertThat(run("generate", CLASSIFIER, "--prompt", "a")).isEqualTo(1);
        assertThat(err.toString())
                .contains("holds a sequence classifier (LlamaForSequenceClassification)")
                .hasLineCount(1);
    }

    @Test
    void weightsInAnotherFormAreNamedWhereverAModelIsTaken() throws IOException {
        Path gguf = Files.writeString(folder.resolve("model-Q4_0.gguf"), "GGUF");
        for (Path model : new Path[] {folder, gguf}) {
            for (Object[] command : new Object[][] {
                {"show", model},
                {"generate", model, "--prompt", "a"},
                {"convert", model, folder.resolve("x")},
                {"merge", model, folder.resolve("x")}
            }) {
                err.getBuffer().setLength(0);
                assertThat(run(command)).isEqualTo(1);
                assertThat(err.toString())
                        .as(command[0].toString())
                        .contains("GGUF, llama.cpp's form", "gguf_file=")
                        .hasLineCount(1);
            }
        }
    }

    private Path tinyLlamaWith(float value) {
        Path original = FIXTURES.resolve("tiny-llama");
        ModelConfig config = ModelConfig.read(original);
        Path model = folder.resolve("model");
        try (CheckpointTensors tensors = CheckpointTensors.open(original, config)) {
            Files.createDirectory(model);
            CheckpointWriter.write(
                    model,
                    config,
                    tensors.tensors().stream()
                            .map(tensor -> tensor.info().name().equals("model.norm.weight")
                                    ? Tensor.ofFloats(
                                            "model.norm.weight",
                                            TensorType.F32,
                                            tensor.info().shape(),
                                            () -> {
                                                float[] values = tensors.floats("model.norm.weight");
                                                values[0] = value;
                                                return values;
                                            })
                                    : tensor)
                            .toList());
            CheckpointWriter.copyCompanions(original, model);
            return model;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private int run(Object... arguments) {
        String[] words = new String[arguments.length + 1];
        words[0] = "model";
        for (int i = 0; i < arguments.length; i++) {
            words[i + 1] = arguments[i].toString();
        }
        CommandLine commandLine = Counterflow.commandLine();
        commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return commandLine.execute(words);
    }
}
