package io.counterflow.log.lines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrictJsonTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        {'prompt': 'half \\ud83d'}                          | 'prompt' is no Unicode text: \\ud83d at character 6
        {'prompt': '\\ude00 half'}                          | 'prompt' is no Unicode text: \\ude00 at character 1
        {'prompt': '\\ude00\\ud83d'}                        | 'prompt' is no Unicode text: \\ude00 at character 1
        {'a': {'b': ['x', {'c': '\\uD83D'}]}}               | 'a.b[1].c' is no Unicode text
        {'metadata': {'\\ud83d': 1}}                        | a key of 'metadata' is no Unicode text
        {'\\ud83d': 1}                                      | a key is no Unicode text
        {'a': 1, 'a': 2}                                    | has the key 'a' twice
        {'m': {'a': 1, 'a': 1}}                             | has the key 'a' twice
        {'a': 1} {'b': 2}                                   | one object a line
        {'a': 1},                                           | not JSON: Unexpected character (','
        {'a': 1,}                                           | not JSON:
        {'a': NaN}                                          | not JSON: Non-standard token 'NaN'
        {'a': 'b                                            | not JSON:
        [1, 2]                                              | not a JSON object, but [1,2]
        3                                                   | not a JSON object, but 3
        """)
    void whatAnotherReaderWouldGuessAtIsRefused(String json, String why) {
        assertThatThrownBy(() -> StrictJson.object(json.replace('\'', '"')))
                .isInstanceOf(BrokenLineException.class)
                .hasMessageContaining(why);
    }

    @Test
    void whatIsNestedTooDeepOrTooLongIsRefusedInOneLine() {
        assertThatThrownBy(() -> StrictJson.object("{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"))
                .isInstanceOf(BrokenLineException.class)
                .hasMessageContaining("too large to be read: Document nesting depth")
                .message()
                .hasLineCount(1);
    }

    @Test
    void aNumberIsSpelledAsItWasRead() throws Exception {
        String spelled =
                "{\"a\":[1.10,1e5,1E400,-0.0,100000000000000000000.5,12345678901234567890123],\"b\\\"\":\"x\",\"c\":null}";
        ObjectNode read = StrictJson.object(spelled);
        assertThat(StrictJson.text(read)).isEqualTo(spelled);
        assertThat(StrictJson.text(read.path("a").path(0))).isEqualTo("1.10");
        assertThat(read.path("a").path(1).asDouble()).isEqualTo(100_000);
        assertThat(read.path("a").path(3).asDouble()).isEqualTo(-0.0);
        assertThat(read.toString())
                .isEqualTo(new ObjectMapper().readTree(spelled).toString());
        assertThat(read).isEqualTo(new ObjectMapper().readTree(spelled));
    }

    @Test
    void everyTextOfUnicodeIsTakenAsItIs() throws Exception {
        assertThat(StrictJson.object("{\"a\": \"\\u0000 \\ud83d\\ude00 😀 \\uffff \u2028 \\\\ud83d\"}")
                        .get("a")
                        .textValue())
                .isEqualTo("\0 😀 😀 \uffff \u2028 \\ud83d");
    }

    @Test
    void halvesAreReplacedWhereAWordOfAScorerMustBeWritten() {
        assertThat(UnicodeText.replaced("a\ud83db😀\ude00")).isEqualTo("a\ufffdb😀\ufffd");
        assertThat(UnicodeText.replaced("whole 😀")).isEqualTo("whole 😀");
    }
}
