package io.counterflow.model.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerificationTest {
    private static final Path FIXTURES = Path.of("../checkpoints/src/test/resources/fixtures");

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "tiny-llama, 29",
        "tiny-qwen2, 34",
        "tiny-gpt2, 36",
        "tiny-qwen2-lora, 2",
        "tiny-reward-model, 1",
        "family-qwen3, 32",
        "family-mistral, 29",
        "family-llama3, 28",
        "family-llama-bias, 43",
        "family-qwen2-window, 35",
        "family-gpt2-untied, 37",
        "family-llama-contradictory, 20",
        "family-qwen2-reward, 1",
        "family-qwen3-reward, 1",
        "family-gpt2-reward, 1",
        "family-mistral-reward, 1",
    })
    void everyFamilyComputesWhatTransformersComputes(String name, int comparisons) {
        List<Deviation> deviations = Verification.verify(FIXTURES.resolve(name), FIXTURES.resolve(name), "cpu");
        assertThat(deviations).allMatch(Deviation::ok).hasSize(comparisons);
    }

    @ParameterizedTest
    @CsvSource({"encoder-bert", "encoder-roberta", "encoder-distilbert"})
    void aClassifiersTokensAndLogitsAreCompared(String name) {
        List<Deviation> deviations = Verification.verify(FIXTURES.resolve(name), FIXTURES.resolve(name), "cpu");
        // Token and segment ids of four inputs, and the logits.
        assertThat(deviations).allMatch(Deviation::ok).hasSize(9);
    }

    @Test
    void anEncodersMeanStatesAreCompared() throws IOException {
        Path encoder = FIXTURES.resolve("encoder-bert");
        JsonNode expected =
                new ObjectMapper().readTree(encoder.resolve("expected.json").toFile());
        ObjectNode changed = new ObjectMapper().createObjectNode();
        changed.set("inputs", expected.get("inputs"));
        ArrayNode means = changed.putArray("mean_hidden");
        for (JsonNode states : expected.get("hidden")) {
            ArrayNode mean = means.addArray();
            for (int j = 0; j < 16; j++) {
                double sum = 0;
                for (int i = j; i < states.size(); i += 16) {
                    sum += states.get(i).asDouble();
                }
                mean.add(sum / (states.size() / 16.0f));
            }
        }
        Path file = folder.resolve("expected.json");
        Files.writeString(file, changed.toString());
        assertThat(Verification.verify(encoder, folder, "cpu"))
                .allMatch(Deviation::ok)
                .hasSize(9);
        ((ArrayNode) means.get(1)).set(3, 5.0);
        Files.writeString(file, changed.toString());
        assertThat(Verification.verify(encoder, folder, "cpu"))
                .filteredOn(d -> !d.ok())
                .singleElement()
                .satisfies(d -> assertThat(d.name()).isEqualTo("mean of the last hidden states"));
    }

    @Test
    void oneChangedWeightIsSeen() throws IOException {
        Path original = FIXTURES.resolve("tiny-llama");
        ModelConfig config = ModelConfig.read(original);
        try (CheckpointTensors tensors = CheckpointTensors.open(original, config)) {
            CheckpointWriter.write(folder, config, tensors.tensors());
        }
        CheckpointWriter.copyCompanions(original, folder);
        Path weights = folder.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        // The highest byte of the last weight: its sign and most of its exponent.
        bytes[bytes.length - 1] ^= 0x01;
        Files.write(weights, bytes);

        assertThat(Verification.verify(folder, original, "cpu"))
                .filteredOn(d -> d.name().equals("logits after the last token"))
                .singleElement()
                .satisfies(d -> {
                    assertThat(d.ok()).isFalse();
                    assertThat(d.deviation()).isGreaterThan(1e-3);
                });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"token_log_probs": [[-1.5]]} | token_log_probs in expected.json has 1 values, the model computes 38 for these inputs
            {"logits_last": []} | logits_last in expected.json has 0 values
            {"completion_log_prob": [1.0]} | completion_log_prob in expected.json has 1 values
            {"greedy": []} | greedy in expected.json is empty
            {"copg": {"reference_completion_log_prob": [1.0]}} | reference_completion_log_prob in expected.json has 1 values
            {"copg": {"gradient_norms": {"model.none": 1.0}}} | gradient_norms in expected.json has model.none, which the model has no weight of
            {"copg": {"beta": 0}} | beta in expected.json is 0
            """)
    void valuesThatCannotBeThoseOfTheInputsAreNamed(String change, String message) throws IOException {
        Path original = FIXTURES.resolve("tiny-llama");
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode expected =
                (ObjectNode) mapper.readTree(original.resolve("expected.json").toFile());
        mapper.readTree(change).properties().forEach(entry -> {
            if (entry.getValue().isObject()) {
                ((ObjectNode) expected.get(entry.getKey())).setAll((ObjectNode) entry.getValue());
            } else {
                expected.set(entry.getKey(), entry.getValue());
            }
        });
        Files.writeString(folder.resolve("expected.json"), expected.toString());
        assertThatThrownBy(() -> Verification.verify(original, folder, "cpu"))
                .isInstanceOf(VerificationException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aContinuationThatIsLongerThanTheContextDeviatesWhereTheContextIsFull() throws IOException {
        Path original = FIXTURES.resolve("tiny-llama");
        ObjectNode expected = (ObjectNode)
                new ObjectMapper().readTree(original.resolve("expected.json").toFile());
        expected.remove("copg");
        // The context has 128 tokens, the prompt 6.
        ArrayNode greedy = (ArrayNode) expected.get("greedy");
        while (greedy.size() < 130) {
            greedy.add(5);
        }
        Files.writeString(folder.resolve("expected.json"), expected.toString());
        assertThat(Verification.verify(original, folder, "cpu"))
                .filteredOn(d -> d.name().equals("greedy continuation"))
                .singleElement()
                .satisfies(d -> assertThat(d.ok()).isFalse());

        ArrayNode row = expected.putArray("input_ids").addArray();
        for (int i = 0; i < 128; i++) {
            row.add(100 + i);
        }
        expected.put("prompt_length", 128);
        expected.retain("input_ids", "prompt_length", "greedy");
        Files.writeString(folder.resolve("expected.json"), expected.toString());
        assertThat(Verification.verify(original, folder, "cpu"))
                .containsExactly(new Deviation("greedy continuation", greedy.get(0) + " at 0", "0 ids", 1, 0, false));
    }

    @Test
    void whatNeedsNoTokenizerIsVerifiedWithoutOne() throws IOException {
        Path original = FIXTURES.resolve("tiny-llama");
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(original.resolve(file), folder.resolve(file));
        }
        assertThat(Verification.verify(folder, original, "cpu"))
                .allMatch(Deviation::ok)
                .hasSize(29);

        ObjectNode expected = (ObjectNode)
                new ObjectMapper().readTree(original.resolve("expected.json").toFile());
        expected.retain("input_ids", "logits_last");
        expected.put("prompt", "a text");
        Files.writeString(folder.resolve("expected.json"), expected.toString());
        assertThat(Verification.verify(folder, folder, "cpu"))
                .filteredOn(d -> !d.ok())
                .containsExactly(new Deviation("prompt", "a text", "no tokenizer.json", 1, 0, false));
    }

    @Test
    void valuesThatAreNoNumbersDoNotPass() {
        assertThat(Deviation.absolute("x", new double[] {1, 2}, new double[] {1, Double.NaN}, 1e-4))
                .isEqualTo(new Deviation("x", "2.000000", "NaN", Double.POSITIVE_INFINITY, 1e-4, false));
        assertThat(Deviation.absolute("x", new double[] {1, 2}, new double[] {1}, 1e-4)
                        .ok())
                .isFalse();
        assertThat(Deviation.relative("x", 0, 1e-9, 1e-3).ok()).isFalse();
        assertThat(Deviation.relative("x", 0, 0, 1e-3).ok()).isTrue();
        assertThat(Deviation.ids("x", new int[] {1, 2, 3}, new int[] {1, 2}))
                .isEqualTo(new Deviation("x", "3 at 2", "2 ids", 1, 0, false));
    }

    @Test
    void expectationsThatAreMissingOrBrokenAreNamed() throws IOException {
        assertThatThrownBy(() -> Verification.verify(FIXTURES.resolve("tiny-llama"), folder, "cpu"))
                .isInstanceOf(VerificationException.class)
                .hasMessage("there is no expected.json in %s: nothing to compare with", folder);
        Path file = folder.resolve("expected.json");
        Files.writeString(file, "{");
        assertThatThrownBy(() -> Verification.verify(FIXTURES.resolve("tiny-llama"), folder, "cpu"))
                .hasMessageStartingWith(file + " is not valid JSON");
        Files.writeString(file, "{}");
        assertThatThrownBy(() -> Verification.verify(FIXTURES.resolve("tiny-llama"), folder, "cpu"))
                .hasMessage("expected.json in %s holds nothing that can be compared", folder);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "[]                                                | it is [], not an object",
                "{'input_ids':[1,2],'logit_last':[1]}              | logit_last is no key that is known; known are attention_mask, base,",
                "{'input_ids':[3,'x'],'logits_last':[1]}           | input_ids is [3,'x']; it must be a list of token ids, or of such lists",
                "{'input_ids':[3.5],'logits_last':[1]}             | input_ids is [3.5]; it must be a list of token ids",
                "{'input_ids':[3],'logits_last':7}                 | logits_last is 7; it must be a list of numbers, or of such lists",
                "{'input_ids':[3],'logits_last_top5':[[1]]}        | logits_last_top5 is [[1]]; it must be a list of pairs of a token id",
                "{'input_ids':[[3],[]],'logits_last':[1]}          | input_ids has a row without a token",
                "{'logits_last':[1]}                               | there is no input_ids, which logits_last belongs to",
                "{'input_ids':[3],'greedy':[1]}                    | there is no prompt_length, without which greedy cannot be compared",
                "{'input_ids':[3],'greedy':[1],'prompt_length':2}  | prompt_length is 2; it must be from 1 to 1",
                "{'input_ids':[3],'prompt_length':'1'}             | prompt_length is '1'; it must be a whole number",
                "{'greedy_text':'a'}                               | there is no greedy_ids, which greedy_text is the text of",
                "{'input_ids':[3],'prompt_length':1,'copg':{'beta':1,'rewards':[1,2],'loss':0}} | copg is of a pair, but input_ids has 1 row",
                "{'input_ids':[[3],[4]],'prompt_length':1,'copg':{'beta':1,'rewards':[1],'loss':0}} | copg.rewards has 1 values; it must have 2",
                "{'input_ids':[[3],[4]],'prompt_length':1,'copg':{'beta':1,'rewards':[1,2]}} | there is no loss, without which copg",
                "{'input_ids':[[3],[4]],'prompt_length':1,'copg':{'beta':1,'rewards':[1,2],'loss':0,'adamw':{'betas':[1]}}} | copg.adamw.betas has 1",
                "{'input_ids':[[3],[4]],'prompt_length':1,'copg':{'beta':1,'rewards':[1,2],'loss':0,'adam':{}}} | copg.adam is no key that is known",
                "{'inputs':[{'tokens':[1,2],'segments':[0]}]}      | inputs[0].segments has 1 values; it must have 2",
                "{'inputs':[{'tokens':[1],'segments':[0],'x':1}]}  | inputs[0].x is no key that is known",
                "{'inputs':[{'tokens':[1],'segments':[0]}],'logits':[[1],[2]]} | logits has 2 rows for 1 inputs",
            })
    void expectationsOfAnotherFormAreRefusedInOneLine(String json, String message) throws IOException {
        Path file = folder.resolve("expected.json");
        Files.writeString(file, json.replace('\'', '"'));
        assertThatThrownBy(() -> Verification.verify(FIXTURES.resolve("tiny-llama"), folder, "cpu"))
                .isInstanceOf(VerificationException.class)
                .hasMessageStartingWith(file + ": " + message.replace('\'', '"'))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }
}
