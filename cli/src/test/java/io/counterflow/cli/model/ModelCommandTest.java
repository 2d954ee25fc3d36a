package io.counterflow.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.cli.Counterflow;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.safetensors.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModelCommandTest {
    private static final Path FIXTURES = Path.of("../checkpoints/src/test/resources/fixtures");

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void verifyPrintsTheDeviationsAndSucceedsWhenAllAreSmall() {
        assertThat(run("verify", FIXTURES.resolve("tiny-qwen2"))).isZero();
        assertThat(out.toString())
                .contains("logits after the last token", "CoPG loss", "gradient of model.norm.weight", "1.0e-04")
                .contains("computes what is expected: 34 comparisons")
                .doesNotContain("TOO LARGE");
    }

    @Test
    void verifyFailsWhenADeviationIsTooLarge() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        Path fixture = FIXTURES.resolve("tiny-reward-model");
        ObjectNode expected =
                (ObjectNode) mapper.readTree(fixture.resolve("expected.json").toFile());
        expected.putArray("scores").add(1.4017).add(-2.05047).add(-1.8755);
        mapper.writeValue(folder.resolve("expected.json").toFile(), expected);

        assertThat(run("verify", fixture, "--expected", folder)).isEqualTo(1);
        assertThat(out.toString()).contains("TOO LARGE", "1 of 1 comparisons are beyond their tolerance");
    }

    @Test
    void verifyOfAFolderWithoutExpectationsSaysSo() {
        assertThat(run("verify", FIXTURES.resolve("tiny-llama"), "--expected", folder))
                .isEqualTo(1);
        assertThat(err.toString())
                .contains("there is no expected.json in " + folder)
                .doesNotContain("\tat ");
    }

    @Test
    void showTellsWhatACheckpointIs() {
        assertThat(run("show", FIXTURES.resolve("family-llama3"), "--tensors")).isZero();
        assertThat(out.toString())
                .contains("LlamaForCausalLM", "BF16", "Llama 3's scaling by 8.0 from 32 tokens", "289 tokens")
                .containsPattern("BF16 +\\[32\\] +model.norm.weight");
    }

    @Test
    void showTellsTheSameAsJson() throws IOException {
        assertThat(run("show", FIXTURES.resolve("family-llama3"), "--tensors", "--json"))
                .isZero();
        JsonNode json = new ObjectMapper().readTree(out.toString());
        assertThat(json.get("architecture").asText()).isEqualTo("LlamaForCausalLM");
        assertThat(json.get("layers").isInt()).isTrue();
        assertThat(json.get("embedding_tied").isBoolean()).isTrue();
        assertThat(json.get("types"))
                .hasSize(1)
                .first()
                .extracting(JsonNode::asText)
                .isEqualTo("BF16");
        assertThat(json.get("weights_sha256").asText()).hasSize(64);
        assertThat(json.get("tokenizer_tokens").asInt()).isEqualTo(289);
        assertThat(json.get("tensors")).anySatisfy(tensor -> assertThat(tensor)
                .hasToString("{\"name\":\"model.norm.weight\",\"shape\":[32],\"type\":\"BF16\"}"));
    }

    @Test
    void showTellsWhatAClassifierIs() {
        assertThat(run("show", FIXTURES.resolve("encoder-roberta"), "--tensors"))
                .isZero();
        assertThat(out.toString())
                .contains("RobertaForSequenceClassification", "62 tokens", "reward")
                .containsPattern("F32 +\\[1, 16\\] +classifier.out_proj.weight");
    }

    @Test
    void showTellsWhatAGraphIs() throws IOException {
        Files.copy(FIXTURES.resolve("encoder-bert-exported/model.onnx"), folder.resolve("model.onnx"));
        for (String name : List.of("config.json", "tokenizer.json", "expected.json")) {
            Files.copy(FIXTURES.resolve("encoder-bert").resolve(name), folder.resolve(name));
        }
        assertThat(run("show", folder)).isZero();
        assertThat(out.toString()).contains("a graph in ONNX", "entailment, neutral, contradiction", "64 tokens");
        assertThat(run("verify", folder)).isZero();
        assertThat(out.toString()).contains("computes what is expected: 9 comparisons");
    }

    @Test
    void showTellsWhatAnAdapterIs() {
        assertThat(run("show", FIXTURES.resolve("tiny-qwen2-lora"))).isZero();
        assertThat(out.toString()).contains("LoRA adapter", "down_proj, gate_proj, k_proj");
    }

    @Test
    void convertChangesTheElementTypeAndTheConfiguration() {
        Path target = folder.resolve("bf16");
        assertThat(run(
                        "convert",
                        FIXTURES.resolve("tiny-llama"),
                        target,
                        "--dtype",
                        "bfloat16",
                        "--shard-bytes",
                        "50000"))
                .isZero();
        ModelConfig config = ModelConfig.read(target);
        assertThat(config.dtype()).contains(TensorType.BF16);
        assertThat(target.resolve("model.safetensors.index.json")).exists();
        assertThat(target.resolve("tokenizer.json")).exists();
        try (CheckpointTensors tensors = CheckpointTensors.open(target, config)) {
            assertThat(tensors.info("lm_head.weight").type()).isEqualTo(TensorType.BF16);
        }
        assertThat(run("convert", FIXTURES.resolve("tiny-llama"), target)).isEqualTo(1);
        assertThat(err.toString()).contains(target + " exists already");
    }

    @Test
    void mergedAdapterComputesWhatBaseAndAdapterCompute() throws IOException {
        Path merged = folder.resolve("merged");
        Path adapter = FIXTURES.resolve("tiny-qwen2-lora");
        assertThat(run("merge", adapter, merged)).isZero();
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode expected =
                (ObjectNode) mapper.readTree(adapter.resolve("expected.json").toFile());
        expected.remove("trainable_parameters");
        mapper.writeValue(merged.resolve("expected.json").toFile(), expected);
        assertThat(run("verify", merged)).isZero();
    }

    @Test
    void mergeNeedsAnAdapter() {
        assertThat(run("merge", FIXTURES.resolve("tiny-llama"), folder.resolve("x")))
                .isEqualTo(1);
        assertThat(err.toString()).contains("it is no adapter");
        assertThat(folder.resolve("x")).doesNotExist();
    }

    @Test
    void generateGivesTheSameForTheSameSeed() {
        Object[] command = {
            "generate", FIXTURES.resolve("tiny-llama"), "--prompt", "hello", "--max-tokens", "8", "--samples", "3"
        };
        assertThat(run(command)).isZero();
        String first = out.toString();
        assertThat(first).containsPattern("\\[\\d tokens, (length|stop), log-probability -\\d+");
        assertThat(run(command)).isZero();
        assertThat(out.toString()).isEqualTo(first + first);
    }

    @Test
    void generateSpellsAConversationWithTheChatTemplate() throws IOException {
        for (String name : new String[] {"config.json", "tokenizer.json", "model.safetensors"}) {
            Files.copy(FIXTURES.resolve("tiny-llama").resolve(name), folder.resolve(name));
        }
        assertThat(run("generate", folder, "--prompt", "hi", "--chat")).isEqualTo(1);
        assertThat(err.toString()).contains("has no chat template; leave --chat out");
        Files.writeString(
                folder.resolve("chat_template.jinja"),
                "{% for m in messages %}[{{ m.role }}] {{ m.content }} {% endfor %}");
        assertThat(run("generate", folder, "--prompt", "[system] s [user] hi ", "--max-tokens", "5"))
                .isZero();
        String plain = out.toString().replace("[system] s [user] hi ", "");
        out.getBuffer().setLength(0);
        assertThat(run("generate", folder, "--prompt", "hi", "--chat", "--system", "s", "--max-tokens", "5"))
                .isZero();
        assertThat(out.toString()).isEqualTo(plain);
    }

    @Test
    void getPrintsTheFolder() {
        Path fixture = FIXTURES.resolve("tiny-llama");
        assertThat(run("get", fixture)).isZero();
        assertThat(out.toString()).isEqualTo(fixture + System.lineSeparator());
        assertThat(run("get", "no/such/folder")).isEqualTo(1);
        assertThat(err.toString())
                .contains("there is no folder no/such/folder; a checkpoint is a folder, a name on the hub");
    }

    @Test
    void brokenCheckpointIsOneLineForEachFault() throws IOException {
        for (String name : new String[] {"config.json", "tokenizer.json"}) {
            Files.copy(FIXTURES.resolve("tiny-llama").resolve(name), folder.resolve(name));
        }
        byte[] weights = Files.readAllBytes(FIXTURES.resolve("tiny-llama/model.safetensors"));
        Files.write(folder.resolve("model.safetensors"), java.util.Arrays.copyOf(weights, 100_000));
        assertThat(run("show", folder)).isEqualTo(1);
        assertThat(err.toString()).contains("model.safetensors is truncated").hasLineCount(1);
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
