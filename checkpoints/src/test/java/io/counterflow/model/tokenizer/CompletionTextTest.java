package io.counterflow.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten real tokenizers, cut down to some of their tokens, and 800 texts of Hugging Face's library (tokenizers 0.23.2), made by {@code
 * src/test/python/make_completion_texts.py}.
 */
class CompletionTextTest {
    // Decoders that none of the ten has: a suffix that ends words, and tokens that spaces join.
    private static final String WORD_ENDS = """
            {"version": "1.0", "added_tokens": [{"id": 6, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false,
             "normalized": false, "special": true}], "decoder": {"type": "BPEDecoder", "suffix": "</w>"},
             "model": {"type": "BPE", "vocab": {"a": 0, "b</w>": 1, "the</w>": 2, "</w>": 3, "é</w>": 4, ",": 5}, "merges": []}}""";
    private static final String JOINED = """
            {"version": "1.0", "added_tokens": [], "decoder": null,
             "model": {"type": "WordLevel", "vocab": {"the": 0, "sum": 1, "of": 2, "1": 3, "?": 4}, "unk_token": "?"}}""";

    @TempDir
    private static Path folder;

    private static final Map<String, Tokenizer> TOKENIZERS = new LinkedHashMap<>();
    private static final Map<String, int[]> IDS = new LinkedHashMap<>();
    private static JsonNode cases;

    @BeforeAll
    static void load() throws IOException {
        try (InputStream in = CompletionTextTest.class.getResourceAsStream("/tokenizers/completion-text.json.gz")) {
            JsonNode all = new ObjectMapper().readTree(new GZIPInputStream(in));
            cases = all.get("cases");
            for (Map.Entry<String, JsonNode> tokenizer : all.get("tokenizers").properties()) {
                add(tokenizer.getKey(), tokenizer.getValue().toString());
            }
        }
        add("word ends", WORD_ENDS);
        add("joined", JOINED);
    }

    private static void add(String name, String json) throws IOException {
        Path file = Files.createDirectories(folder.resolve(name)).resolve(Tokenizer.FILE_NAME);
        Tokenizer tokenizer = Tokenizer.load(Files.writeString(file, json));
        TOKENIZERS.put(name, tokenizer);
        // Not what stands for the many that were cut off a Unigram's list.
        IDS.put(
                name,
                IntStream.range(0, tokenizer.vocabularySize())
                        .filter(tokenizer::isKnown)
                        .filter(id -> !tokenizer.decode(new int[] {id}, false).startsWith("~"))
                        .toArray());
    }

    @AfterAll
    static void close() {
        TOKENIZERS.values().forEach(Tokenizer::close);
    }

    @Test
    void textIsWhatTheCompletionAddsToItsPromptAsInHuggingFacesLibrary() {
        assertThat(cases).hasSize(800);
        for (JsonNode one : cases) {
            Tokenizer tokenizer = TOKENIZERS.get(one.get("tokenizer").asText());
            int[] prompt = ids(one.get("prompt_ids"));
            int[] completion = ids(one.get("completion_ids"));
            String text = one.get("text").asText();
            assertThat(CompletionText.of(tokenizer, prompt, completion, false))
                    .describedAs("%s", one)
                    .isEqualTo(text);
            assertThat(assertWholeAtEveryToken(tokenizer, prompt, completion, false, one))
                    .describedAs("%s, token by token", one)
                    .isEqualTo(text);
        }
    }

    @Test
    void textOfRandomTokensIsWholeAtEveryToken() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        TOKENIZERS.forEach((name, tokenizer) -> {
            int[] bytes = Arrays.stream(IDS.get(name))
                    .filter(id -> tokenizer.byteOf(id) >= 0
                            || tokenizer.decode(new int[] {id}, false).contains("\uFFFD"))
                    .toArray();
            for (int round = 0; round < 300; round++) {
                int[] prompt = draw(IDS.get(name), bytes, random.nextInt(5), random);
                int[] completion = draw(IDS.get(name), bytes, random.nextInt(24), random);
                boolean skip = random.nextBoolean();
                Object what = List.of(name, "seed", seed, Arrays.toString(prompt), Arrays.toString(completion), skip);
                assertWholeAtEveryToken(tokenizer, prompt, completion, skip, what);
            }
        });
    }

    /** Half of them bytes and parts of characters, where there are such tokens, and tokens that come again. */
    private static int[] draw(int[] all, int[] bytes, int count, SplittableRandom random) {
        int[] drawn = new int[count];
        for (int i = 0; i < count; i++) {
            int[] from = bytes.length > 0 && random.nextBoolean() ? bytes : all;
            drawn[i] = i > 0 && random.nextInt(3) == 0 ? drawn[i - 1] : from[random.nextInt(from.length)];
        }
        return drawn;
    }

    private static String assertWholeAtEveryToken(
            Tokenizer tokenizer, int[] prompt, int[] completion, boolean skip, Object what) {
        CompletionText text = new CompletionText(tokenizer, prompt, skip);
        String settled = "";
        for (int n = 0; n <= completion.length; n++) {
            String whole = CompletionText.of(tokenizer, prompt, Arrays.copyOf(completion, n), skip);
            assertThat(text.text()).describedAs("%s, %d tokens", what, n).isEqualTo(whole);
            assertThat(text.length()).isEqualTo(whole.length());
            assertThat(whole).describedAs("%s, %d tokens", what, n).startsWith(settled);
            settled = whole.substring(0, text.settled());
            assertThat(text.complete()).isBetween(text.settled(), text.length());
            if (n < completion.length) {
                text.append(completion[n]);
            }
        }
        return text.text();
    }

    @Test
    void characterThatThePromptBeganIsTheCompletions() {
        Tokenizer llama = TOKENIZERS.get("llama2");
        int[] smile = bytes(llama, 0xF0, 0x9F, 0x99, 0x82);
        int[] before = append(llama.id("▁a").orElseThrow(), Arrays.copyOf(smile, 2));
        CompletionText text = new CompletionText(llama, before);
        assertThat(text.text()).isEmpty();
        text.append(smile[2]);
        assertThat(text.complete()).isZero();
        text.append(smile[3]);
        assertThat(text.text()).isEqualTo("🙂");
    }

    @Test
    void runOfBytesIsTextOnlyAsLongAsItIsUtf8() {
        Tokenizer llama = TOKENIZERS.get("llama2");
        CompletionText text =
                new CompletionText(llama, new int[] {llama.id("▁a").orElseThrow()});
        List<String> texts = new ArrayList<>();
        for (int id : bytes(llama, 0xC3, 0xA9, 0xE6, 0x97, 0xA5, 0xFF, 0x41)) {
            text.append(id);
            texts.add(text.text());
        }
        assertThat(texts).containsExactly("�", "é", "���", "����", "é日", "������", "�������");
    }

    @Test
    void promptThatIsARunOfBytesAloneIsNotSpoiltByTheBytesThatFollow() {
        // Llama's decoder takes away the space that stands before a prompt; nothing that is sure is left before the
        // bytes.
        Tokenizer llama = TOKENIZERS.get("llama2");
        int[] thumb = append(id(llama, "▁"), bytes(llama, "👍🏽"));
        int[] flag = bytes(llama, "🇩🇪");
        assertThat(assertWholeAtEveryToken(llama, thumb, flag, true, "a prompt of whole characters"))
                .isEqualTo("🇩🇪");
        StoppableText text = new StoppableText(llama, thumb, List.of("QQQ"));
        for (int id : flag) {
            text.append(id);
        }
        assertThat(text.text()).isEqualTo("🇩🇪");
        // Within a character, the prompt's text has nothing in common with the whole.
        int[] begun = IntStream.concat(Arrays.stream(thumb), Arrays.stream(flag, 0, 3))
                .toArray();
        assertThat(assertWholeAtEveryToken(llama, begun, Arrays.copyOfRange(flag, 3, 8), true, "a begun character"))
                .isEqualTo("👍🏽🇩🇪");
    }

    @Test
    void textBehindRunsOfBytesOfAnyLengthIsWholeAtEveryToken() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        TOKENIZERS.forEach((name, tokenizer) -> {
            if (!tokenizer.spellsBytes()) {
                return;
            }
            int[] space = tokenizer.id("▁").stream().toArray();
            for (int round = 0; round < 200; round++) {
                int[] all = bytes(tokenizer, "👍🏽 é日".repeat(4));
                int border = random.nextInt(all.length);
                int[] prompt = IntStream.concat(
                                Arrays.stream(space, 0, random.nextInt(space.length + 1)),
                                Arrays.stream(all, random.nextInt(border + 1), border))
                        .toArray();
                int[] completion = Arrays.copyOfRange(all, border, border + random.nextInt(all.length - border + 1));
                for (int i = random.nextInt(3); i > 0 && completion.length > 0; i--) {
                    completion[random.nextInt(completion.length)] = IDS.get(name)[random.nextInt(IDS.get(name).length)];
                }
                Object what = List.of(name, "seed", seed, Arrays.toString(prompt), Arrays.toString(completion));
                assertWholeAtEveryToken(tokenizer, prompt, completion, random.nextBoolean(), what);
            }
        });
    }

    @Test
    void costOfATokenDoesNotGrowWithTheTextBeforeIt() {
        // Decoded from the beginning each time, 40,000 tokens are 800 million, which takes minutes.
        for (String name : List.of("llama2", "qwen", "mistral", "t5", "bert")) {
            Tokenizer tokenizer = TOKENIZERS.get(name);
            int[] ids = IDS.get(name);
            int space = tokenizer.id("▁").orElse(ids[0]);
            int partOfCharacter = Arrays.stream(ids)
                    .filter(id -> tokenizer.decode(new int[] {id}, false).equals("\uFFFD"))
                    .findFirst()
                    .orElse(ids[1]);
            for (int[] repeated :
                    new int[][] {{ids[ids.length - 1], ids[ids.length / 2]}, {space}, {partOfCharacter}}) {
                CompletionText text = new CompletionText(tokenizer, new int[] {ids[ids.length - 1]});
                int most = 0;
                for (int n = 0; n < 40_000; n++) {
                    text.append(repeated[n % repeated.length]);
                    most = Math.max(most, text.decodedTogether());
                }
                assertThat(most)
                        .describedAs("%s, %s", name, Arrays.toString(repeated))
                        .isLessThan(20);
            }
        }
    }

    @Test
    void stopStringThatBeginsWithASpaceFires() {
        Tokenizer llama = TOKENIZERS.get("llama2");
        int[] prompt = {llama.id("▁a").orElseThrow()};
        assertThat(stopped(llama, prompt, List.of(" return"), id(llama, "▁return")))
                .contains("");
        assertThat(stopped(llama, prompt, List.of("return"), id(llama, "▁return")))
                .contains(" ");
    }

    @Test
    void stopStringThatBeginsInThePromptDoesNotFire() {
        Tokenizer llama = TOKENIZERS.get("llama2");
        assertThat(stopped(llama, new int[] {id(llama, "▁a")}, List.of("a return"), id(llama, "▁return")))
                .isEmpty();
    }

    @Test
    void stopStringOfSpecialTokensFiresThoughTheTextLeavesThemOut() {
        Tokenizer mistral = TOKENIZERS.get("mistral");
        int a = id(mistral, "▁a");
        int begin = id(mistral, "[INST]");
        int end = id(mistral, "[/INST]");
        int[] prompt = {a};
        assertThat(stopped(mistral, prompt, List.of("[INST]"), a, begin)).contains(" a");
        assertThat(stopped(mistral, prompt, List.of("[INST] a"), a, begin, a)).contains(" a");
        assertThat(stopped(mistral, prompt, List.of("[/INST] a", "a[INST]"), a, begin))
                .contains(" ");
        assertThat(stopped(mistral, prompt, List.of(" a[INST][/INST]"), a, a, begin, end))
                .contains(" a");
        assertThat(stopped(mistral, prompt, List.of("[INST]"), a, a, end)).isEmpty();
        // Not by a part of a token that is no text.
        assertThat(stopped(mistral, prompt, List.of("INST", "]", "[/INST] a[/"), a, begin, end, a, end))
                .isEmpty();
        // What no token spells in one is text all the same.
        assertThat(stopped(mistral, prompt, List.of(" a a"), a, begin, a)).contains("");
        Tokenizer bert = TOKENIZERS.get("bert");
        int unknown = id(bert, "[UNK]");
        int word = id(bert, "return");
        assertThat(stopped(bert, new int[] {word}, List.of("return [UNK]"), word, word, unknown))
                .contains(" return ");
    }

    @Test
    void stopStringDoesNotFireOnACharacterThatIsNotWhole() {
        Tokenizer llama = TOKENIZERS.get("llama2");
        int[] prompt = {id(llama, "▁a")};
        assertThat(stopped(llama, prompt, List.of("\uFFFD"), bytes(llama, 0xE6, 0x97, 0xA5)))
                .isEmpty();
        assertThat(stopped(llama, prompt, List.of("日"), bytes(llama, 0xE6, 0x97, 0xA5)))
                .contains("");
    }

    /** The text before the stop; empty unless the last of the tokens is the one that stops it. */
    private static Optional<String> stopped(Tokenizer tokenizer, int[] prompt, List<String> strings, int... tokens) {
        StoppableText text = new StoppableText(tokenizer, prompt, strings);
        for (int i = 0; i < tokens.length; i++) {
            if (text.append(tokens[i])) {
                return i == tokens.length - 1 ? Optional.of(text.text()) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static int id(Tokenizer tokenizer, String token) {
        return tokenizer.id(token).orElseThrow();
    }

    private static int[] bytes(Tokenizer tokenizer, int... values) {
        return Arrays.stream(values)
                .map(value -> tokenizer.id("<0x%02X>".formatted(value)).orElseThrow())
                .toArray();
    }

    private static int[] bytes(Tokenizer tokenizer, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return bytes(
                tokenizer,
                IntStream.range(0, utf8.length).map(i -> utf8[i] & 0xFF).toArray());
    }

    private static int[] append(int first, int[] rest) {
        return IntStream.concat(IntStream.of(first), IntStream.of(rest)).toArray();
    }

    private static int[] ids(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }
}
