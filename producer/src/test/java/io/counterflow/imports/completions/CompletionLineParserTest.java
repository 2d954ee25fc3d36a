package io.counterflow.imports.completions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.imports.completions.ImportedGroup.Member;
import io.counterflow.imports.prompts.PromptColumns;
import io.counterflow.imports.prompts.PromptLineParser;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.schemas.ChatMessage;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionLineParserTest {

    private static CompletionLineParser parser(CompletionColumns columns) {
        return new CompletionLineParser(
                new PromptLineParser("t", Optional.of("train"), PromptColumns.usual(), Instant.EPOCH),
                columns,
                Arrays::toString);
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
                .hasMessageContaining("2 completions, 1 score of human");
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
                    {'prompt': 'p', 'completions': ['a', '']}            | completion 2 of 'completions' is empty
                    {'prompt': 'p', 'completion': null}                  | 'completion' is null
                    {'prompt': null, 'completion': 'c'}                  | 'prompt' is null
                    {'completion': 'c'}                                  | no column prompt or
                    {'completion': 'c'}                                  | only [completion]
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
        assertThatThrownBy(() -> preference("{'prompt': 'p', 'chosen': null, 'rejected': 'b'}"))
                .hasMessageContaining("'chosen' is null");
        assertThatThrownBy(() -> preference("{'chosen': 'a', 'rejected': 'b'}"))
                .hasMessageContaining("only [chosen, rejected]");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    [4, 2, 1]     | 2 completions, 3 scores of human
                    4             | 2 completions, 1 score of human
                    []            | 2 completions, 0 scores of human
                    [4, null]     | the score of human for completion 2 is no number, but null
                    [4, 'NaN']    | the score of human for completion 2 is no number, but "NaN"
                    [true, 2]     | the score of human for completion 1 is no number, but true
                    [4, [2]]      | the score of human for completion 2 is no number, but [2]
                    [4, 1e999]    | the score of human for completion 2 is no number
                    """, quoteCharacter = '`')
    void scoresThatAreNoneOrOfAnotherNumberAreSaid(String stars, String why) {
        CompletionColumns columns = new CompletionColumns(null, null, Map.of("human", "stars"));
        assertThatThrownBy(() -> parser(columns)
                        .completions(line("{'prompt': 'p', 'completions': ['a', 'b'], 'stars': " + stars + "}")))
                .isInstanceOf(BadLineException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aReferenceStaysMetadataBesideTheAssistantsTurn() throws Exception {
        ImportedGroup group = completions("{'messages': [{'role': 'user', 'content': 'q'},"
                + " {'role': 'assistant', 'content': 'answer'}], 'reference': 'gold'}");
        assertThat(group.members()).extracting(Member::text).containsExactly("answer");
        assertThat(group.prompt().getMetadata()).containsEntry("reference", "gold");
    }

    private static final String ANSWERED =
            "[{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'words'}]";

    @ParameterizedTest
    @ValueSource(strings = {"answer", "output", "reference", "solution"})
    void whatShouldHaveBeenSaidIsMetadataBesideTheAssistantsTurn(String column) throws Exception {
        ImportedGroup group = completions("{'messages': " + ANSWERED + ", '" + column + "': 'gold'}");
        assertThat(group.members()).extracting(Member::text).containsExactly("words");
        assertThat(group.prompt().getMetadata()).containsExactly(Map.entry(column, "gold"));
    }

    @Test
    void anAnswerToAQuestionOfTheUserIsTheCompletion() throws Exception {
        ImportedGroup group = completions("{'messages': [{'role': 'user', 'content': 'q'}], 'answer': 'a'}");
        assertThat(group.members()).extracting(Member::text).containsExactly("a");
        assertThat(group.prompt().getMessages()).containsExactly(new ChatMessage("user", "q", null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"'other'", "['other', 'third']", "[{'role': 'assistant', 'content': ' other'}]"})
    void theAssistantsWordsAreNeitherThrownAwayNorCutFromAPrompt(String completion) {
        for (String prompt : List.of("prompt", "messages")) {
            assertThatThrownBy(
                            () -> completions("{'" + prompt + "': " + ANSWERED + ", 'completion': " + completion + "}"))
                    .isInstanceOf(BadLineException.class)
                    .hasMessageContaining(
                            "'" + prompt + "' ends with the assistant's words, and 'completion' says something else");
        }
        assertThatThrownBy(() -> preference("{'prompt': " + ANSWERED + ", 'chosen': 'a', 'rejected': 'b'}"))
                .hasMessageContaining("'prompt' ends with the assistant's words, and 'chosen' says something else");
    }

    @Test
    void theAssistantsWordsMayStandInTheCompletionToo() throws Exception {
        assertThat(completions("{'messages': " + ANSWERED + ", 'responses': ['words', 'other']}")
                        .members())
                .extracting(Member::text)
                .containsExactly("words", "other");
        assertThat(preference("{'messages': " + ANSWERED + ", 'chosen': 'words', 'rejected': 'b'}")
                        .members())
                .hasSize(2);
    }

    @Test
    void aColumnThatIsNamedIsTheCompletion() throws Exception {
        CompletionColumns answer = new CompletionColumns(null, "answer", null);
        assertThat(parser(answer)
                        .completions(line("{'messages': " + ANSWERED + ", 'answer': 'gold'}"))
                        .members())
                .extracting(Member::text)
                .containsExactly("gold");
        assertThatThrownBy(() -> parser(answer).completions(line("{'prompt': " + ANSWERED + ", 'answer': 'gold'}")))
                .hasMessageContaining("'prompt' ends with the assistant's words");
        CompletionColumns messages = new CompletionColumns(null, "messages", null);
        assertThat(parser(messages)
                        .completions(line("{'messages': " + ANSWERED + ", 'completion': 'c'}"))
                        .members())
                .extracting(Member::text)
                .containsExactly("words");
    }

    @Test
    void theLastTurnMustBeTheAssistants() {
        String thanks = "[{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'a'},"
                + " {'role': 'user', 'content': 'Thank you!'}]";
        String tool = "[{'role': 'user', 'content': 'q'}, {'role': 'tool', 'content': '3'}]";
        assertThatThrownBy(() -> completions("{'messages': " + thanks + "}"))
                .hasMessageContaining("does not end with the assistant's words: the last of its 3 turns is by 'user'");
        assertThatThrownBy(() -> completions("{'prompt': 'q', 'completion': " + tool + "}"))
                .hasMessageContaining("the last of its 2 turns is by 'tool'");
        assertThatThrownBy(() -> preference("{'chosen': " + thanks + ", 'rejected': " + thanks + "}"))
                .hasMessageContaining("'chosen' does not end with the assistant's words");
    }

    private static final String FOUR_TURNS = "[{'role': 'user', 'content': 'Tell me about tea.'},"
            + " {'role': 'assistant', 'content': 'It is a drink.'}, {'role': 'user', 'content': 'And in French?'},"
            + " {'role': 'assistant', 'content': '%s'}]";

    @Test
    void aTextBesideConversationsIsOneOfTheirTurnsAndAllOfThemAreThePrompt() throws Exception {
        String chosen = FOUR_TURNS.formatted("Une boisson.");
        String rejected = FOUR_TURNS.formatted("No.");
        ImportedGroup group =
                preference("{'prompt': 'Tell me about tea.', 'chosen': " + chosen + ", 'rejected': " + rejected + "}");
        assertThat(group.prompt().getText()).isNull();
        assertThat(group.prompt().getMessages())
                .extracting(ChatMessage::getContent)
                .containsExactly("Tell me about tea.", "It is a drink.", "And in French?");
        assertThat(group.members()).extracting(Member::text).containsExactly("Une boisson.", "No.");
        assertThatThrownBy(() ->
                        preference("{'prompt': 'Other.', 'chosen': " + chosen + ", 'rejected': " + rejected + "}"))
                .hasMessageContaining("'prompt' is none of the turns that 'chosen' begins with");
        assertThat(completions("{'prompt': 'Tell me about tea.', 'messages': " + chosen + "}")
                        .prompt()
                        .getMessages())
                .hasSize(3);
    }

    @Test
    void aConversationAsPromptIsGoneOnFrom() throws Exception {
        String first = "[{'role': 'user', 'content': 'Tell me about tea.'}]";
        String rest =
                "[{'role': 'assistant', 'content': 'It is a drink.'}, {'role': 'user', 'content': 'And in French?'},"
                        + " {'role': 'assistant', 'content': 'Une boisson.'}]";
        assertThat(completions("{'prompt': " + first + ", 'completion': " + rest + "}")
                        .prompt()
                        .getMessages())
                .extracting(ChatMessage::getContent)
                .containsExactly("Tell me about tea.", "It is a drink.", "And in French?");
        assertThat(completions("{'prompt': " + first + ", 'completion': " + FOUR_TURNS.formatted("x") + "}")
                        .prompt()
                        .getMessages())
                .hasSize(3);
        assertThatThrownBy(() -> completions("{'prompt': [{'role': 'user', 'content': 'Other.'}], 'completion': "
                        + FOUR_TURNS.formatted("x") + "}"))
                .hasMessageContaining("does not go on from 'prompt'");
    }
}
