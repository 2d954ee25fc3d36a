package io.counterflow.imports.completions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.imports.completions.CompletionImporter.Kind;
import io.counterflow.imports.completions.CompletionImporter.Result;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.producer.ProducerFixture;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Origin;
import io.counterflow.schemas.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lines that know the tokens of their completions, in the forms in which other trainers and servers write them. The words a to e have the ids 3 to 7, p is 8. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@ExtendWith(SharedBroker.class)
class SampledImportTest {

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;
    private static Tokenizer words;
    private static Tokenizer pieces;

    @BeforeAll
    static void load(EmbeddedLog shared) throws IOException {
        embedded = shared;
        Path model = Files.createDirectories(directory.resolve("model"));
        WordLevelTokenizer.write(model, List.of("a", "b", "c", "d", "e", "p", "q"));
        words = Tokenizer.load(model, 10);
        pieces = Tokenizer.load(Path.of("../checkpoints/src/test/resources/tokenizers/sentencepiece-prepend.json"));
    }

    @AfterAll
    static void close() {
        words.close();
        pieces.close();
    }

    private static Result importLines(
            ProducerFixture fixture, Tokenizer tokenizer, Map<SampleField, String> columns, String... lines)
            throws IOException {
        Path file = Files.createTempFile(directory, "lines", ".jsonl");
        Files.writeString(file, String.join("\n", lines).replace('\'', '"') + "\n");
        return new CompletionImporter(
                        fixture.log(), PromptEncoder.of(tokenizer, List.of(2)), 100, InstantSource.system())
                .importFile(
                        file,
                        new CompletionImporter.Request(
                                Kind.COMPLETIONS,
                                "r",
                                "t",
                                new CompletionColumns(null, null, Map.of(), columns),
                                OnBadLine.FAIL));
    }

    private static List<Completion> imported(String... lines) throws Exception {
        return imported(words, Map.of(), lines);
    }

    private static List<Completion> imported(Tokenizer tokenizer, Map<SampleField, String> columns, String... lines)
            throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "i" + System.nanoTime())) {
            importLines(fixture, tokenizer, columns, lines);
            List<Completion> all = new ArrayList<>();
            try (LogReader<Completion> reader = new LogReader<>(fixture.log(), Topic.COMPLETIONS, Completion.class)) {
                reader.read(reader.everything(), r -> all.add(r.value()));
            }
            all.sort(Comparator.comparing(Completion::getPromptId).thenComparing(Completion::getIndexInGroup));
            assertThat(importLines(fixture, tokenizer, columns, lines).groups())
                    .as("groups of a second import")
                    .isZero();
            return all;
        }
    }

    private static void refused(String line, String cause) throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "i" + System.nanoTime())) {
            assertThatThrownBy(() -> importLines(fixture, words, Map.of(), line, other("'a b'", "[3, 4, 2]")))
                    .hasMessageContaining("line 1: ")
                    .hasMessageContaining(cause);
        }
    }

    private static String other(String text, String ids) {
        return "{'prompt': 'p', 'completion': " + text + ", 'completion_ids': " + ids + "}";
    }

    @Test
    void whatALineKnowsOfItsSamplingIsInTheRecordAsItStands() throws Exception {
        List<Completion> all = imported(
                "{'prompt': 'p', 'completion': ' a b', 'prompt_ids': [1, 8], 'completion_ids': [3, 4, 2],"
                        + " 'logprobs': [-0.1, -1.25, -2e-3], 'policy_version': 12, 'finish_reason': 'stop', 'temperature': 0.7,"
                        + " 'top_k': -1, 'top_p': 0.9, 'seed': -5, 'max_tokens': 64, 'topic': 'x',"
                        + " 'policy_sha256': '" + "0a".repeat(32) + "'}",
                "{'prompt': 'p', 'completion': 'c', 'completion_ids': [5]}");
        Completion first = all.get(0);
        assertThat(first.getText()).isEqualTo(" a b");
        assertThat(first.getPromptTokenIds()).containsExactly(1, 8);
        assertThat(first.getTokenIds()).containsExactly(3, 4, 2);
        assertThat(first.getTokenLogProbabilities()).containsExactly(-0.1f, -1.25f, -2e-3f);
        assertThat(first.getLogProbability()).isEqualTo((double) -0.1f + -1.25f + -2e-3f);
        assertThat(first.getPolicyVersion()).isEqualTo(12);
        assertThat(first.getPolicySha256()).isEqualTo("0a".repeat(32));
        assertThat(first.getSampling()).isEqualTo(new Sampling(0.7, 0, 0.9, 1.0, 64, -5L));
        assertThat(first.getFinishReason()).isEqualTo(FinishReason.STOP);
        assertThat(first.getOrigin()).isEqualTo(Origin.IMPORTED);
        assertThat(first.getCompletionMask()).isEmpty();
        assertThat(first.getPrompt().getMetadata()).containsExactly(Map.entry("topic", "x"));
        Completion second = all.get(1);
        assertThat(second.getTokenIds()).as("no end token is added").containsExactly(5);
        assertThat(second.getFinishReason()).as("it did not end").isEqualTo(FinishReason.LENGTH);
        assertThat(second.getLogProbability()).isNaN();
        assertThat(second.getPolicyVersion()).isEqualTo(-1);
    }

    /** The tokenizer makes "▁the" of the word, and a SentencePiece tokenizer puts a "▁" before a text that begins with a space. */
    @Test
    void tokensAreNeverEncodedAgain() throws Exception {
        int t = pieces.id("▁t").orElseThrow();
        int he = pieces.id("he").orElseThrow();
        int the = pieces.id("▁the").orElseThrow();
        List<Completion> all = imported(
                pieces,
                Map.of(),
                "{'prompt': 'a', 'completion': 'the', 'completion_ids': [" + t + ", " + he + "]}",
                "{'prompt': 'a', 'completion': ' the the', 'completion_ids': [" + the + ", " + the + "]}",
                "{'prompt': 'a', 'completion': ' the the the'}");
        assertThat(all.get(0).getTokenIds()).containsExactly(t, he);
        assertThat(all.get(0).getText()).as("what the tokens add to the prompt").isEqualTo(" the");
        assertThat(all.get(1).getTokenIds()).containsExactly(the, the);
        assertThat(all.get(2).getTokenIds())
                .as("a text among them is encoded behind the prompt of all, and ended")
                .containsExactly(the, the, the, 2);
        assertThat(all)
                .extracting(Completion::getPromptTokenIds)
                .containsOnly(all.get(0).getPromptTokenIds());
    }

    /** TRL 1.x: what a rollout function returns, with a mask of padding and one of tools (trl/trainer/grpo_trainer.py). */
    @Test
    void trl() throws Exception {
        Completion one = imported(
                        "{'prompt': 'p', 'prompt_ids': [1, 8], 'completion': [{'role': 'assistant', 'content': 'a'},"
                                + " {'role': 'tool', 'content': 'c d'}, {'role': 'assistant', 'content': 'b'}],"
                                + " 'completion_ids': [3, 5, 6, 4, 2, 0], 'completion_mask': [1, 1, 1, 1, 1, 0],"
                                + " 'tool_mask': [1, 0, 0, 1, 1, 1], 'sampling_per_token_logps': [-1, null, 0.5, -2, -3, null]}",
                        other("'e'", "[7, 2]"))
                .get(0);
        assertThat(one.getTokenIds()).containsExactly(3, 5, 6, 4, 2, 0);
        assertThat(one.getCompletionMask()).containsExactly(true, false, false, true, true, false);
        assertThat(one.getTokenLogProbabilities()).containsExactly(-1f, 0f, 0f, -2f, -3f, 0f);
        assertThat(one.getLogProbability()).as("of what the policy wrote").isEqualTo(-6);
        assertThat(one.getText()).isEqualTo(" a c d b");
    }

    /** verl: a dump of texts (trainer.rollout_data_dir), and rows of its DataProto, padded on both sides. */
    @Test
    void verl() throws Exception {
        List<Completion> texts = imported(
                "{'input': 'p', 'output': ' a', 'gts': null, 'score': 1.0, 'step': 3}",
                "{'input': 'p', 'output': ' b', 'gts': null, 'score': 0.0, 'step': 3}");
        assertThat(texts).extracting(Completion::getText).containsExactly(" a", " b");
        Completion row = imported(
                        "{'prompts': [0, 1, 8], 'responses': [3, 5, 4, 0], 'attention_mask': [0, 1, 1, 1, 1, 1, 0],"
                                + " 'response_mask': [1, 0, 1, 0], 'rollout_log_probs': [-0.5, 0.0, -0.25, 0.0]}",
                        "{'prompts': [1, 8], 'responses': [7]}")
                .stream()
                .filter(c -> c.getTokenIds().size() > 1)
                .findFirst()
                .orElseThrow();
        assertThat(row.getPromptTokenIds()).containsExactly(1, 8);
        assertThat(row.getPrompt().getText()).isEqualTo("<s> p");
        assertThat(row.getTokenIds()).containsExactly(3, 5, 4);
        assertThat(row.getCompletionMask()).containsExactly(true, false, true);
        assertThat(row.getLogProbability()).isEqualTo(-0.75);
    }

    /** OpenRLHF's agents: the sequence, with the ranges of actions (openrlhf/trainer/ppo_utils/samples_generator.py). */
    @Test
    void openRlhf() throws Exception {
        Completion one = imported(
                        "{'observation_tokens': [1, 8, 3, 5, 4, 2], 'action_ranges': [[2, 3], [4, 6]],"
                                + " 'rollout_log_probs': [0.0, 0.0, -1.0, 0.0, -2.0, -3.0]}",
                        "{'observation_tokens': [1, 8, 7], 'action_ranges': [[2, 3]], 'rollout_log_probs': [0, 0, -1]}")
                .stream()
                .filter(c -> c.getTokenIds().size() > 1)
                .findFirst()
                .orElseThrow();
        assertThat(one.getPromptTokenIds()).containsExactly(1, 8);
        assertThat(one.getTokenIds()).containsExactly(3, 5, 4, 2);
        assertThat(one.getCompletionMask()).containsExactly(true, false, true, true);
        assertThat(one.getTokenLogProbabilities()).containsExactly(-1f, 0f, -2f, -3f);
    }

    /** NeMo-RL's train_data_stepN.jsonl: each value in an array of one, sequences padded (nemo_rl/utils/logger.py, algorithms/grpo.py). */
    @Test
    void nemoRl() throws Exception {
        List<Completion> all = imported(
                "{'content': ['p a'], 'rewards': [1.0], 'input_lengths': [4], 'token_ids': [[1, 8, 3, 2, 0, 0]],"
                        + " 'token_loss_mask': [[0, 0, 1, 1, 0, 0]], 'sample_loss_mask': [1.0],"
                        + " 'generation_logprobs': [[0.0, 0.0, -0.5, -0.25, 0.0, 0.0]], 'idx': 0}",
                "{'content': ['p b'], 'rewards': [0.0], 'input_lengths': [3], 'token_ids': [[1, 8, 4, 0, 0, 0]],"
                        + " 'token_loss_mask': [[0, 0, 1, 0, 0, 0]], 'sample_loss_mask': [1.0],"
                        + " 'generation_logprobs': [[0.0, 0.0, -0.5, 0.0, 0.0, 0.0]], 'idx': 1}");
        assertThat(all).extracting(Completion::getTokenIds).containsExactly(List.of(3, 2), List.of(4));
        assertThat(all).extracting(Completion::getLogProbability).containsExactly(-0.75, -0.5);
        assertThat(all).extracting(Completion::getCompletionMask).containsOnly(List.of());
        assertThat(all).extracting(Completion::getFinishReason).containsExactly(FinishReason.STOP, FinishReason.LENGTH);
    }

    /** prime-rl: its export of tokens (trainer/rl/token_export.py), and the samples that it trains on. */
    @Test
    void primeRl() throws Exception {
        List<Completion> all = imported(
                "{'schema_version': 1, 'step': 4, 'rank': 0, 'token_ids': [1, 8, 3, 5, 4], 'loss_mask': [false, false, true, false, true],"
                        + " 'inference_logprobs': [0.0, 0.0, -1.0, 0.0, -2.0], 'advantages': [0, 0, 1, 1, 1]}",
                "{'prompt': '<s> p', 'prompt_ids': [1, 8], 'completion_ids': [7, 2], 'completion_mask': [true, true],"
                        + " 'completion_logprobs': [-1.0, -0.5]}");
        assertThat(all.get(0).getTokenIds()).containsExactly(3, 5, 4);
        assertThat(all.get(0).getCompletionMask()).containsExactly(true, false, true);
        assertThat(all.get(0).getLogProbability()).isEqualTo(-3);
        assertThat(all.get(1).getTokenIds()).containsExactly(7, 2);
        assertThat(all.get(1).getGroupId())
                .as("the same prompt, though one line has its tokens alone")
                .isEqualTo(all.get(0).getGroupId());
    }

    /** What a proxy wrote of vLLM (return_token_ids) and of llama.cpp (ids in logprobs.content). */
    @Test
    void linesOfAProxy() throws Exception {
        List<Completion> all = imported(
                "{'request': {'model': 'm', 'prompt': 'p', 'n': 2, 'temperature': 0.5, 'max_tokens': 8, 'seed': 3},"
                        + " 'response': {'model': 'm-v2', 'choices': [{'index': 0, 'text': ' a b', 'finish_reason': 'stop',"
                        + " 'prompt_token_ids': [1, 8], 'token_ids': [3, 4, 2], 'logprobs': {'tokens': ['a', 'b', '</s>'],"
                        + " 'token_logprobs': [-1.0, -2.0, -0.5]}}, {'index': 1, 'text': ' c', 'finish_reason': 'length',"
                        + " 'token_ids': [5], 'logprobs': {'tokens': ['c'], 'token_logprobs': [-3.0]}, 'prompt_token_ids': [1, 8]}]}}",
                "{'prompt': 'p', 'response_body': {'choices': [{'text': ' d', 'finish_reason': 'length', 'logprobs': {'content':"
                        + " [{'id': 6, 'token': 'd', 'logprob': -0.125}]}}]}}");
        assertThat(all).extracting(Completion::getTokenIds).containsExactly(List.of(3, 4, 2), List.of(5), List.of(6));
        assertThat(all).extracting(Completion::getLogProbability).containsExactly(-3.5, -3.0, -0.125);
        assertThat(all)
                .extracting(Completion::getFinishReason)
                .containsExactly(FinishReason.STOP, FinishReason.LENGTH, FinishReason.LENGTH);
        assertThat(all.get(0).getSampling()).isEqualTo(new Sampling(0.5, 0, 1.0, 1.0, 8, 3L));
        assertThat(all.get(0).getPrompt().getMetadata()).containsEntry("model", "m-v2");
    }

    @Test
    void aTextThatWasCutOffGetsNoEndToken() throws Exception {
        List<Completion> all = imported(
                "{'prompt': 'p', 'completion': ' a', 'finish_reason': 'length'}",
                "{'prompt': 'p', 'completion': ' b'}");
        assertThat(all).extracting(Completion::getTokenIds).containsExactly(List.of(3), List.of(4, 2));
        assertThat(all).extracting(Completion::getFinishReason).containsExactly(FinishReason.LENGTH, FinishReason.STOP);
    }

    @Test
    void columnsOfOtherNamesAreNamedAndUsualNamesCanBeLeftAlone() throws Exception {
        Completion one = imported(
                        words,
                        Map.of(SampleField.TOKEN_IDS, "mine", SampleField.POLICY_VERSION, "step", SampleField.SEED, ""),
                        "{'prompt': 'p', 'completion': 'a', 'mine': [3], 'step': 7, 'seed': 11}",
                        "{'prompt': 'p', 'completion': 'b', 'mine': [4], 'step': 7, 'seed': 11}")
                .get(0);
        assertThat(one.getTokenIds()).containsExactly(3);
        assertThat(one.getPolicyVersion()).isEqualTo(7);
        assertThat(one.getPrompt().getMetadata()).containsExactly(Map.entry("seed", "11"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'completion': 'a', 'completion_ids': [4] | the token ids say \" b\", and the text \"a\"",
                "'completion': 'a', 'completion_ids': [3, 99] | token id 99 is none of the model's vocabulary",
                "'completion': 'a', 'completion_ids': [3, -1] | holds -1 at place 1, which is no token id",
                "'completion': 'a', 'completion_ids': [3, 1.5] | holds 1.5 at place 1, which is no token id",
                "'completion': 'a', 'completion_ids': [3], 'logprobs': [-1, -2] | 'logprobs' has 2 values for 1 tokens",
                "'completion': 'a', 'completion_ids': [3], 'logprobs': [0.5] | holds 0.5 at place 0; a log-probability is finite and not above 0",
                "'completion': 'a', 'completion_ids': [3], 'logprobs': [-1e40] | holds -1e40 at place 0; a log-probability is finite",
                "'completion': 'a', 'completion_ids': [3], 'completion_logprobs': [[-1, -2]] | holds [-1,-2] at place 0, which is no log-probability",
                "'completion': 'a', 'completion_ids': [3], 'completion_mask': [0] | the policy wrote none of the completion's tokens",
                "'completion': 'a', 'completion_ids': [3], 'completion_mask': [2] | holds 2 at place 0, which is neither 0 nor 1",
                "'completion': 'a', 'completion_mask': [1] | 'completion_mask' is of tokens whose ids the line does not have",
                "'completion': 'a', 'completion_ids': [3], 'finish_reason': 'abort' | the finish reason \"abort\" is none of a completion that ended",
                "'completion': 'a', 'completion_ids': [3], 'sampling_params': {'min_p': 0.1} | sampled with min_p 0.1, which a record has no place for",
                "'completion': 'a', 'completion_ids': [3], 'temperature': -1 | temperature is -1",
                "'completion': 'a', 'completion_ids': [3], 'prompt_ids': [1, 9] | the prompt's token ids say \"q\", and the prompt \"p\"",
                "'completions': ['a', 'b'], 'completion_ids': [3, 4] | 2 completions, token ids of 1"
            })
    void whatDoesNotFitIsABrokenLine(String fields, String cause) throws Exception {
        refused("{'prompt': 'p', " + fields.strip() + "}", cause.strip());
    }

    @Test
    void completionsOfAPromptStandBehindTheSameTokensOfIt() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "same")) {
            assertThatThrownBy(() -> importLines(
                            fixture,
                            words,
                            Map.of(),
                            "{'prompt': 'p', 'prompt_ids': [1, 8], 'completion_ids': [3]}",
                            "{'prompt': 'p', 'prompt_ids': [8], 'completion_ids': [4]}"))
                    .hasMessageContaining("line 2: its prompt has other token ids");
        }
    }
}
