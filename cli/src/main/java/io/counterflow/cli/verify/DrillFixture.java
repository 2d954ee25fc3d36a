package io.counterflow.cli.verify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.imports.prompts.PromptColumns;
import io.counterflow.imports.prompts.PromptImporter;
import io.counterflow.log.Log;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/** What the drill trains and trains on: a very small policy, and prompts of random words. */
final class DrillFixture {

    static final String TASK = "drill";

    /** Held-out prompts, each of which an evaluated policy answers {@link ProducerProcess#EVALUATION_SAMPLES} times. */
    static final int HELD_OUT = 8;

    private static final List<String> WORDS = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l");
    private static final int PROMPTS = 150;
    private static final int PROMPT_WORDS = 4;

    private DrillFixture() {}

    /** A policy of some 30,000 random weights. */
    static void makePolicy(Path folder, long seed) throws IOException {
        Files.createDirectories(folder);
        int vocabulary = WordLevelTokenizer.write(folder, WORDS);
        ObjectNode json = new ObjectMapper().createObjectNode();
        json.putArray("architectures").add("LlamaForCausalLM");
        json.put("model_type", "llama")
                .put("vocab_size", vocabulary)
                .put("hidden_size", 32)
                .put("intermediate_size", 64)
                .put("num_hidden_layers", 2)
                .put("num_attention_heads", 4)
                .put("num_key_value_heads", 4)
                .put("max_position_embeddings", 32)
                .put("hidden_act", "silu")
                .put("rms_norm_eps", 1e-6)
                .put("rope_theta", 10000.0)
                .put("initializer_range", 0.02)
                .put("tie_word_embeddings", true)
                .put("attention_bias", false)
                .put("mlp_bias", false)
                .put("pad_token_id", 0)
                .put("bos_token_id", 1)
                .put("eos_token_id", 2);
        try (LanguageModel model = LanguageModel.initialise(
                ModelConfig.of(json), folder.resolve(Tokenizer.FILE_NAME), seed, ModelOptions.inference())) {
            model.save(folder);
        }
    }

    /** Imports prompts of random words: some to learn from, some held out. */
    static void importPrompts(Log log, Path folder, InstantSource clock, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        importPrompts(log, folder.resolve("train.jsonl"), "train", PROMPTS, clock, random);
        importPrompts(log, folder.resolve("held-out.jsonl"), "held-out", HELD_OUT, clock, random);
    }

    private static void importPrompts(
            Log log, Path file, String split, int count, InstantSource clock, SplittableRandom random)
            throws IOException {
        Set<String> texts = new LinkedHashSet<>();
        while (texts.size() < count) {
            texts.add(random.ints(PROMPT_WORDS, 0, WORDS.size())
                    .mapToObj(WORDS::get)
                    .collect(Collectors.joining(" ")));
        }
        Files.write(
                file,
                texts.stream().map(text -> "{\"prompt\": \"" + text + "\"}").toList());
        new PromptImporter(log, clock)
                .importFile(file, TASK, Optional.of(split), PromptColumns.usual(), OnBadLine.FAIL);
    }
}
