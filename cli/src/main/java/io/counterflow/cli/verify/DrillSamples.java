package io.counterflow.cli.verify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** What the drill trains and trains on: a very small policy, and completions of random words. */
final class DrillSamples {

    static final String RUN = "samples";

    private static final List<String> WORDS = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l");
    private static final int FIRST_WORD = 3;
    private static final int SIZE = 3;

    private DrillSamples() {}

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

    /** Publishes completions in groups of three. */
    static void publish(Log log, int groups, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            for (int group = 0; group < groups; group++) {
                String text = "prompt " + group;
                String promptId = Identifiers.promptId("drill", "train", text);
                String groupId = Identifiers.groupId(RUN, promptId, 0);
                Prompt prompt = Prompt.newBuilder()
                        .setPromptId(promptId)
                        .setTask("drill")
                        .setSplit("train")
                        .setText(text)
                        .setMessages(null)
                        .setCreatedAt(Instant.EPOCH)
                        .build();
                List<Integer> promptTokens = words(random, 4);
                for (int index = 0; index < SIZE; index++) {
                    List<Integer> tokens = words(random, random.nextInt(2, 12));
                    producer.send(new ProducerRecord<>(
                            log.topicName(Topic.COMPLETIONS),
                            promptId,
                            completion(prompt, groupId, group, index, promptTokens, tokens)));
                }
            }
            producer.flush();
        }
    }

    private static List<Integer> words(SplittableRandom random, int count) {
        return random.ints(count, FIRST_WORD, FIRST_WORD + WORDS.size()).boxed().toList();
    }

    private static Completion completion(
            Prompt prompt, String groupId, long position, int index, List<Integer> promptTokens, List<Integer> tokens) {
        return Completion.newBuilder()
                .setCompletionId(Identifiers.completionId(groupId, index))
                .setGroupId(groupId)
                .setPromptId(prompt.getPromptId())
                .setRunId(RUN)
                .setPurpose(Purpose.TRAINING)
                .setPass(0)
                .setPosition(position)
                .setIndexInGroup(index)
                .setGroupSize(SIZE)
                .setPrompt(prompt)
                .setPromptTokenIds(promptTokens)
                .setText(tokens.stream().map(t -> WORDS.get(t - FIRST_WORD)).collect(Collectors.joining(" ")))
                .setTokenIds(tokens)
                .setLogProbability(-Math.log(WORDS.size()) * tokens.size())
                .setTokenLogProbabilities(tokens.stream()
                        .map(t -> (float) -Math.log(WORDS.size()))
                        .toList())
                .setPolicyVersion(0)
                .setPolicySha256("")
                .setSampling(new Sampling(1.0, 0, 1.0, 1.0, 12, (long) index))
                .setFinishReason(FinishReason.LENGTH)
                .setStartedAt(Instant.EPOCH)
                .setFinishedAt(Instant.EPOCH)
                .build();
    }
}
