package io.counterflow.producer.completions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.producer.completions.ImportedGroup.Member;
import io.counterflow.producer.prompts.BadLineException;
import io.counterflow.producer.prompts.PromptColumns;
import io.counterflow.producer.prompts.PromptLineParser;
import io.counterflow.schemas.ChatMessage;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompletionLineParserTest {

    private static CompletionLineParser parser(CompletionColumns columns) {
        return new CompletionLineParser(
                new PromptLineParser("t", Optional.of("train"), PromptColumns.usual(), Instant.EPOCH), columns);
    }

    private static ObjectNode line(String json) throws IOException {
        return (ObjectNode) new ObjectMapper().readTree(json.replace('\'', '"'));
    }

    private static ImportedGroup completions(String json) throws IOException, BadLineException {
        return parser(CompletionColumns.usual()).completions(line(json));
    }

    private static ImportedGroup preference(String json) throws IOException, BadLineException {
        return parser(CompletionColumns.usual()).preference(line(json));
    }

    @Test
    void aPromptHasOneCompletionOrSeveral() throws Exception {
        ImportedGroup one = completions("{'prompt': 'p', 'completion': ' c', 'topic': 'x'}");
        assertThat(one.prompt().getText()).isEqualTo("p");
        assertThat(one.prompt().getMetadata()).containsExactly(Map.entry("topic", "x"));
        assertThat(one.members()).containsExactly(new Member(" c", Map.of()));
        assertThat(completions("{'prompt': 'p', 'responses': ['a', 'b']}").members())
                .extracting(Member::text)
                .containsExactly("a", "b");
    }

    @Test
    void aConversationEndsWithItsCompletion() throws Exception {
        ImportedGroup group = completions(
                "{'messages': [{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'answer'}]}");
        assertThat(group.prompt().getMessages()).containsExactly(new ChatMessage("user", "q", null));
        assertThat(group.prompt().getMetadata()).doesNotContainKey("reference");
        assertThat(group.members()).containsExactly(new Member("answer", Map.of()));
    }

    @Test
    void columnsBecomeScoresOfEachCompletion() throws Exception {
        CompletionColumns columns = new CompletionColumns(null, null, Map.of("human", "stars"));
        assertThat(parser(columns)
                        .completions(line("{'prompt': 'p', 'completions': ['a', 'b'], 'stars': [4, 2.5]}"))
                        .members())
                .containsExactly(new Member("a", Map.of("human", 4.0)), new Member("b", Map.of("human", 2.5)));
        assertThatThrownBy(() ->
                        parser(columns).completions(line("{'prompt': 'p', 'completions': ['a', 'b'], 'stars': [4]}")))
                .hasMessageContaining("the score of human for completion 2 is no number");
    }

    @Test
    void aPreferenceIsAPairWithScores() throws Exception {
        ImportedGroup group = preference("{'prompt': 'p', 'chosen': 'good', 'rejected': 'bad'}");
        assertThat(group.members())
                .containsExactly(
                        new Member("good", Map.of("preference", 1.0)), new Member("bad", Map.of("preference", -1.0)));
    }

    @Test
    void thePromptOfAPreferenceMayBeWhatItsConversationsHaveInCommon() throws Exception {
        ImportedGroup group =
                preference("{'chosen': [{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'good'}],"
                        + " 'rejected': [{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'bad'}]}");
        assertThat(group.prompt().getMessages()).containsExactly(new ChatMessage("user", "q", null));
        assertThat(group.members()).extracting(Member::text).isEqualTo(List.of("good", "bad"));
        assertThatThrownBy(
                        () -> preference(
                                "{'chosen': [{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'good'}],"
                                        + " 'rejected': [{'role': 'user', 'content': 'r'}, {'role': 'assistant', 'content': 'bad'}]}"))
                .hasMessageContaining("do not begin with the same conversation");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {'prompt': 'p'}                                      | no column completion or
                    {'prompt': 'p', 'completion': ''}                    | 'completion' is empty
                    {'prompt': 'p', 'completion': 3}                     | 'completion' is no text, but 3
                    {'prompt': 'p', 'completions': ['a', 4]}             | holds 4, which is no text
                    {'completion': 'c'}                                  | no column prompt or
                    {'messages': [{'role': 'user', 'content': 'q'}]}     | does not end with the assistant's words
                    """, quoteCharacter = '"')
    void whatIsNoCompletionIsSaid(String json, String why) {
        assertThatThrownBy(() -> completions(json))
                .isInstanceOf(BadLineException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aPreferenceOfTheSameIsNone() {
        assertThatThrownBy(() -> preference("{'prompt': 'p', 'chosen': 'a', 'rejected': 'a'}"))
                .hasMessageContaining("'chosen' and 'rejected' say the same");
        assertThatThrownBy(() -> preference("{'prompt': 'p', 'chosen': 'a'}"))
                .hasMessageContaining("no column rejected");
    }
}
