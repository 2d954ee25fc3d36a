package io.counterflow.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/**
 * The cases were made with transformers 5.18: {@code PreTrainedTokenizerFast} of the file encodes first + second, {@code char_to_token} says which token
 * the second's first character is in (with trim_offsets off, which hides spaces), and what the template added at an end where the text has the same tokens is left out. The tokenizers were trained
 * on a few lines, one of each kind that checkpoints have.
 */
class TokenSplitTest {
    private static final Path FOLDER = Path.of("src/test/resources/tokenizers");

    @Test
    void theTokensAreThoseOfTheWholeDividedWhereTransformersDividesThem() throws Exception {
        JsonNode cases = new ObjectMapper()
                .readTree(Files.readAllBytes(FOLDER.resolve("splits.json")))
                .get("cases");
        assertThat(cases.size()).isGreaterThan(400);
        Map<String, Tokenizer> tokenizers = new HashMap<>();
        SoftAssertions soft = new SoftAssertions();
        for (JsonNode one : cases) {
            Tokenizer tokenizer = tokenizers.computeIfAbsent(
                    one.get("tokenizer").asText(), name -> Tokenizer.load(FOLDER.resolve(name + ".json")));
            TokenSplit split = tokenizer.split(
                    one.get("first").asText(),
                    one.get("second").asText(),
                    one.get("special").asBoolean());
            soft.assertThat(split.first()).as("first of %s", one).isEqualTo(ids(one.get("firstIds")));
            soft.assertThat(split.second()).as("second of %s", one).isEqualTo(ids(one.get("secondIds")));
        }
        tokenizers.values().forEach(Tokenizer::close);
        soft.assertAll();
    }

    @Test
    void textsThatAreOneBehindTheSameWordsAreDividedWhereAllHaveTheSameTokens() {
        List<TokenSplit> splits = TokenSplit.withOneFirst(List.of(
                new TokenSplit(new int[] {1, 5, 6}, new int[] {7}),
                new TokenSplit(new int[] {1, 5}, new int[] {8, 9}),
                new TokenSplit(new int[] {1, 5, 6}, new int[] {})));
        assertThat(splits).extracting(TokenSplit::first).allSatisfy(first -> assertThat(first)
                .containsExactly(1, 5));
        assertThat(splits)
                .extracting(TokenSplit::second)
                .containsExactly(new int[] {6, 7}, new int[] {8, 9}, new int[] {6});
    }

    @Test
    void specialTokensThatATextBringsAreNotAddedAgain() {
        try (Tokenizer tokenizer = Tokenizer.load(FOLDER.resolve("wordpiece.json"))) {
            int[] plain = tokenizer.encode("the cat", true);
            assertThat(plain).startsWith(1).endsWith(2);
            assertThat(tokenizer.encode("<s>the cat</s>", true)).isEqualTo(plain);
            assertThat(tokenizer.encode("<s>the cat", true)).isEqualTo(plain);
            assertThat(tokenizer.encode("the cat</s>", true)).isEqualTo(plain);
            Encoded whole = tokenizer.encodeWhole("<s>the cat");
            assertThat(whole.tokens()).isEqualTo(plain);
            assertThat(whole.segments()).hasSameSizeAs(plain);
        }
    }

    /** Row by row: what the tokens say behind a prompt that ends in a space, in a letter, and in a token that the whole would not have. */
    @Test
    void aTextBehindTokensThatStayAddsItselfAndNoSpace() {
        for (String name :
                List.of("sentencepiece-prepend", "metaspace-always", "metaspace-first", "byte-level-llama3")) {
            try (Tokenizer tokenizer = Tokenizer.load(FOLDER.resolve(name + ".json"))) {
                for (String prompt : List.of("once upon a", "once upon a ", "the cat\n")) {
                    for (String text : List.of("time", " time", "  ran\n", "the dog 😀")) {
                        int[] before = tokenizer.encode(prompt, true);
                        int[] behind = tokenizer.encodeBehind(before, text);
                        int[] both = Arrays.copyOf(before, before.length + behind.length);
                        System.arraycopy(behind, 0, both, before.length, behind.length);
                        assertThat(tokenizer.decode(both))
                                .as("%s: %s|%s", name, prompt, text)
                                .isEqualTo(tokenizer.decode(before) + text);
                    }
                }
            }
        }
    }

    private static int[] ids(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }
}
