package io.counterflow.scorer.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestReaderTest {

    private static ScoreRequest read(String line) {
        return JsonExchange.readRequest(line.replace('\'', '"'), "7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'prompt': [{'role': 'user', 'content': 'Hello'}], 'completion': 'Hi'}",
                "{'messages': [{'role': 'user', 'content': 'Hello'}], 'completion': 'Hi'}",
                "{'conversations': [{'from': 'human', 'value': 'Hello'}], 'completion': 'Hi'}",
                "{'conversations': [{'from': 'human', 'value': 'Hello'}, {'from': 'gpt', 'value': 'Hi'}]}",
                "{'turns': [{'from': 'human', 'value': 'Hello'}], 'prompt': null, 'completion': [{'role': 'assistant', 'content': 'Hi'}]}",
                "{'messages': [{'role': 'user', 'content': 'Hello'}, {'role': 'assistant', 'content': 'Hi'}]}"
            })
    void aConversationIsReadUnderEachOfItsNames(String line) {
        assertThat(read(line))
                .isEqualTo(new ScoreRequest("7", "Hello", List.of(new Turn("user", "Hello")), "Hi", Map.of()));
    }

    @Test
    void furtherColumnsWithMessagesDoNoHarmBesideAPrompt() {
        assertThat(read("{'prompt': 'Hello', 'completion': 'Hi', 'chosen': [{'role': 'user', 'content': 'a'}]}"))
                .isEqualTo(new ScoreRequest("7", "Hello", List.of(), "Hi", Map.of()));
    }

    @Test
    void theAssistantsWordsBesideACompletionAreItsReference() {
        ScoreRequest request = read(
                "{'messages': [{'role': 'user', 'content': 'Hello'}, {'role': 'assistant', 'content': 'Hi'}], 'completion': 'Go'}");
        assertThat(request.turns()).containsExactly(new Turn("user", "Hello"));
        assertThat(request.completion()).isEqualTo("Go");
        assertThat(request.metadata()).isEqualTo(Map.of("reference", "Hi"));
    }

    @Test
    void whatAMessageHasBesideItsTextIsKeptAndWrittenAgain() {
        ScoreRequest request = read("{'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'look'}]},"
                + "{'role': 'assistant', 'content': null, 'tool_calls': [{'function': {'name': 'f'}}]},"
                + "{'role': 'tool', 'content': '3'}], 'completion': 'three', 'tools': [{'name': 'f'}]}");
        assertThat(request.prompt()).isEqualTo("look\n\n3");
        assertThat(request.turns().get(1))
                .isEqualTo(
                        new Turn(
                                "assistant",
                                "",
                                Optional.of(
                                        "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}")));
        assertThat(request.templateVariables()).isEqualTo(Map.of("tools", "[{\"name\":\"f\"}]"));
        assertThat(JsonExchange.readRequest(JsonExchange.write(request), "8")).isEqualTo(request);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {'prompt': null, 'completion': 'a'} | 'prompt' is neither a text nor messages, but null
            {'prompt': 7, 'completion': 'a'} | 'prompt' is neither a text nor messages, but 7
            {'prompt': [], 'completion': 'a'} | 'prompt' is empty
            {'messages': [], 'completion': 'a'} | 'messages' is empty
            {'messages': 'x', 'completion': 'a'} | 'messages' is no array of messages
            {'messages': [{'role': 'user', 'content': 'a'}]} | no text 'completion'
            {'messages': [{'role': 'user', 'content': 'a'}], 'turns': [{'role': 'user', 'content': 'b'}], 'completion': 'a'} | different conversations in turns and messages
            {'message': [{'role': 'user', 'content': 'a'}], 'completion': 'a'} | a conversation under 'message', which is not read; it must be in turns, messages, conversations or prompt
            {'conversations': [{'role': 'user', 'content': 'a'}], 'messages': [{'role': 'user', 'content': 'b'}], 'completion': 'a'} | different conversations in messages and conversations
            {'messages': [{'role': 'user', 'content': [{'type': 'image'}]}], 'completion': 'a'} | part 1 is of type image
            {'prompt': 'a', 'completion': [{'role': 'assistant', 'content': '', 'tool_calls': [{}]}]} | the completion has tool_calls
            """)
    void aLineThatIsNoRequestSaysWhy(String line, String why) {
        assertThatThrownBy(() -> read(line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }
}
