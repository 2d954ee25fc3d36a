package io.counterflow.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is in config.json or adapter_config.json: it is understood, or refused with a {@link CheckpointException}. */
class ConfigFuzzTest {
    private static final Path FIXTURES = Path.of("src/test/resources/fixtures");
    private static final List<String> MODELS =
            List.of("tiny-llama", "tiny-qwen2", "tiny-gpt2", "tiny-reward-model", "family-llama3", "family-qwen3");
    private static final String[] VALUES = {
        "null",
        "true",
        "-1",
        "0",
        "1",
        "2",
        "7",
        "2147483647",
        "2147483648",
        "9223372036854775807",
        "1e308",
        "-1e308",
        "1e400",
        "0.5",
        "\"\"",
        "\"default\"",
        "\"llama3\"",
        "\"gelu\"",
        "[]",
        "[1,2]",
        "[[]]",
        "{}",
        "{\"0\":1}",
        "123456789012345678901234567890",
        "{\"rope_type\":\"llama3\"}",
        "[\"LlamaForCausalLM\"]"
    };

    private final ObjectMapper mapper = new ObjectMapper();

    @TempDir
    Path folder;

    @Test
    void changedValuesAreUnderstoodOrRefused() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 1200; round++) {
            String model = MODELS.get(random.nextInt(MODELS.size()));
            ObjectNode json = (ObjectNode) mapper.readTree(
                    FIXTURES.resolve(model).resolve("config.json").toFile());
            for (int i = random.nextInt(3); i >= 0; i--) {
                change(json, random);
            }
            try {
                ModelConfig config = ModelConfig.of(json);
                assertThat(config.layers()).isPositive();
                config.rope().ifPresent(rope -> rope.frequencies(Math.min(config.headDimension(), 4096)));
                assertThat(config.tensors()).isNotEmpty();
            } catch (CheckpointException e) {
                refused++;
                assertThat(e.getMessage()).isNotBlank();
            } catch (RuntimeException e) {
                fail("seed %d, round %d: %s".formatted(seed, round, json), e);
            }
        }
        assertThat(refused).as("refused with seed %d", seed).isBetween(100, 1190);
    }

    @Test
    void changedBytesAreUnderstoodOrRefused() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 1000; round++) {
            byte[] bytes = Files.readAllBytes(
                    FIXTURES.resolve(MODELS.get(random.nextInt(MODELS.size()))).resolve("config.json"));
            for (int i = random.nextInt(5); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Files.write(folder.resolve("config.json"), bytes);
            try {
                assertThat(ModelConfig.read(folder).tensors()).isNotEmpty();
            } catch (CheckpointException e) {
                assertThat(e.getMessage()).as("seed %d, round %d", seed, round).contains("config.json");
            } catch (RuntimeException e) {
                fail("seed %d, round %d".formatted(seed, round), e);
            }
        }
    }

    @Test
    void changedAdapterConfigurationsAreUnderstoodOrRefused() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            ObjectNode json = (ObjectNode) mapper.readTree(
                    FIXTURES.resolve("tiny-qwen2-lora/adapter_config.json").toFile());
            change(json, random);
            mapper.writeValue(folder.resolve("adapter_config.json").toFile(), json);
            try {
                assertThat(AdapterConfig.read(folder).rank()).isPositive();
            } catch (CheckpointException e) {
                assertThat(e.getMessage()).contains("adapter_config.json");
            } catch (RuntimeException e) {
                fail("seed %d, round %d: %s".formatted(seed, round, json), e);
            }
        }
    }

    private void change(ObjectNode json, Random random) throws IOException {
        List<String> keys = new ArrayList<>();
        json.fieldNames().forEachRemaining(keys::add);
        String key = keys.get(random.nextInt(keys.size()));
        JsonNode value = json.get(key);
        if (value instanceof ObjectNode object && !object.isEmpty() && random.nextBoolean()) {
            change(object, random);
        } else if (random.nextInt(8) == 0) {
            json.remove(key);
        } else {
            json.set(key, mapper.readTree(VALUES[random.nextInt(VALUES.length)]));
        }
    }
}
