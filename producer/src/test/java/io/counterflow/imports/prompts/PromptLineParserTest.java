package io.counterflow.imports.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.Identifiers;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import io.counterflow.log.lines.StrictJson;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.producer.source.PromptConversation;
import io.counterflow.schemas.ChatMessage;
import io.counterflow.schemas.Prompt;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptLineParserTest {

    private static Prompt parse(String line) throws BadLineException {
        return parse(line, PromptColumns.usual());
    }

    private static Prompt parse(String line, PromptColumns columns) throws BadLineException {
        return new PromptLineParser("t", Optional.empty(), columns, Instant.EPOCH)
                .parse(JsonLinesFile.object(line.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aTextWithItsOtherColumnsAsMetadata() throws BadLineException {
        Prompt prompt = parse("{'prompt': 'Zwölf?', 'tests': 'assert', 'level': 3, 'tags': ['a'], 'none': null}");
        assertThat(prompt.getText()).isEqualTo("Zwölf?");
        assertThat(prompt.getMessages()).isNull();
        assertThat(prompt.getMetadata()).isEqualTo(Map.of("tests", "assert", "level", "3", "tags", "[\"a\"]"));
        assertThat(prompt.getSplit()).isEqualTo("train");
        assertThat(prompt.getPromptId()).isEqualTo(Identifiers.promptId("t", "train", "Zwölf?"));
    }

    @Test
    void theEntriesOfMetadataAreMetadata() throws BadLineException {
        assertThat(parse("{'prompt': 'a', 'metadata': {'language': 'java', 'tests': 'x'}}")
                        .getMetadata())
                .isEqualTo(Map.of("language", "java", "tests", "x"));
    }

    @Test
    void aLineSaysItsSplitUnlessItIsGiven() throws BadLineException {
        String line = "{\"prompt\": \"a\", \"split\": \"held-out\"}";
        assertThat(parse(line).getSplit()).isEqualTo("held-out");
        Prompt given = new PromptLineParser("t", Optional.of("train"), PromptColumns.usual(), Instant.EPOCH)
                .parse(JsonLinesFile.object(line.getBytes(StandardCharsets.UTF_8)));
        assertThat(given.getSplit()).isEqualTo("train");
        assertThat(given.getMetadata()).containsEntry("split", "held-out");
    }

    @Test
    void aConversationIsCutBeforeTheAssistantsLastWords() throws BadLineException {
        Prompt prompt =
                parse("{'messages': [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Ho'}]}");
        assertThat(prompt.getText()).isNull();
        assertThat(prompt.getMessages()).containsExactly(new ChatMessage("user", "Hi", null));
        assertThat(prompt.getMetadata()).isEqualTo(Map.of("reference", "Ho"));
        assertThat(prompt.getPromptId())
                .isEqualTo(Identifiers.promptId("t", "train", List.of(new ChatMessage("user", "Hi", null))));
    }

    @Test
    void thePromptMayBeMessagesWithTheRolesOfOtherTools() throws BadLineException {
        Prompt prompt =
                parse("{'conversations': [{'from': 'system', 'value': 's'}, {'from': 'human', 'value': 'Hi'}]}");
        assertThat(prompt.getMessages())
                .containsExactly(new ChatMessage("system", "s", null), new ChatMessage("user", "Hi", null));
    }

    @Test
    void anInstructionIsJoinedWithItsInput() throws BadLineException {
        Prompt prompt = parse("{'instruction': 'Sum up.', 'input': 'A text.', 'output': 'It.'}");
        assertThat(prompt.getText()).isEqualTo("Sum up.\n\nA text.");
        assertThat(prompt.getMetadata()).isEqualTo(Map.of("output", "It."));
    }

    @Test
    void columnsCanBeChosenRenamedAndAdded() throws BadLineException {
        PromptColumns columns = new PromptColumns("body", Map.of("tests", "test"), Map.of("language", "java"));
        Prompt prompt = parse("{'body': 'a', 'prompt': 'b', 'test': 'x'}", columns);
        assertThat(prompt.getText()).isEqualTo("a");
        assertThat(prompt.getMetadata()).isEqualTo(Map.of("prompt", "b", "tests", "x", "language", "java"));
    }

    @Test
    void aNumberOfTheMetadataIsSpelledAsInTheFile() throws Exception {
        ObjectNode line = StrictJson.object(
                "{\"prompt\": \"p\", \"answer\": 1.10, \"all\": {\"y\": [1E400, 1e5]}, \"metadata\": {\"n\": 1e-7}}");
        assertThat(new PromptLineParser("t", Optional.of("train"), PromptColumns.usual(), Instant.EPOCH)
                        .parse(line)
                        .getMetadata())
                .isEqualTo(Map.of("answer", "1.10", "all", "{\"y\":[1E400,1e5]}", "n", "1e-7"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {'prompt': 'a'            | not JSON
            ['prompt']                | not a JSON object
            {'prompt': 'a'} {}        | not JSON
            {'prompt': ' '}           | 'prompt' is empty
            {'prompt': 7}             | neither a text nor chat messages, but 7
            {'answer': 'a'}           | no column prompt or messages
            {'messages': []}          | says nothing
            {'messages': ['a']}       | message 1 of 'messages' has no role and content
            {'messages': [{'role': 'user', 'content': null}]} | message 1 of 'messages' has no role and content
            {'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'a'}, {'type': 'image_url', 'image_url': {}}]}]} | part 2 is of type image_url
            {'messages': [{'role': 'user', 'content': 'a'}], 'tools': 7} | 'tools' is no array
            {'messages': [{'role': 'user', 'content': 'a'}], 'chat_template_kwargs': {'messages': []}} | 'messages' cannot be a variable
            {'prompt': 'a', 'metadata': 3} | 'metadata' is not an object, but 3
            """)
    void aLineThatIsNoPromptSaysWhy(String line, String why) {
        assertThatThrownBy(() -> parse(line))
                .isInstanceOf(BadLineException.class)
                .hasMessageContaining(why);
    }

    @Test
    void everythingThatAChatTemplateMayRenderIsKept() throws BadLineException {
        Prompt prompt = parse(
                "{'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'Hi'}, {'type': 'text', 'text': 'there'}]},"
                        + "{'role': 'assistant', 'content': null, 'tool_calls': [{'function': {'name': 'look'}}]},"
                        + "{'role': 'tool', 'content': 'seen', 'name': null}], 'tools': [{'name': 'look'}], 'chat_template_kwargs': {'enable_thinking': false}}");
        assertThat(prompt.getMessages())
                .containsExactly(
                        new ChatMessage(
                                "user",
                                "Hi\nthere",
                                "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"},{\"type\":\"text\",\"text\":\"there\"}]}"),
                        new ChatMessage(
                                "assistant",
                                "",
                                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"function\":{\"name\":\"look\"}}]}"),
                        new ChatMessage("tool", "seen", null));
        assertThat(prompt.getTemplateVariables())
                .isEqualTo(Map.of("tools", "[{\"name\":\"look\"}]", "enable_thinking", "false"));
        Conversation again = PromptConversation.of(prompt);
        assertThat(PromptConversation.messages(again)).isEqualTo(prompt.getMessages());
        assertThat(PromptConversation.variables(again)).isEqualTo(prompt.getTemplateVariables());
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() {
        byte[] line = "{\"prompt\": \"?\"}".getBytes(StandardCharsets.UTF_8);
        line[12] = (byte) 0xff;
        assertThatThrownBy(() -> JsonLinesFile.object(line))
                .isInstanceOf(BadLineException.class)
                .hasMessageContaining("UTF-8");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    ['train']    | 'split' is ["train"]; it must be a text
                    {}           | 'split' is {}; it must be a text
                    1            | 'split' is 1; it must be a text
                    true         | 'split' is true; it must be a text
                    ''           | 'split' is empty
                    '  '         | 'split' is empty
                    ' train'     | did you mean train?
                    'Train'      | did you mean train?
                    'held_out'   | did you mean held-out?
                    'Held-Out'   | did you mean held-out?
                    'test '      | with white space around its name
                    """)
    void aSplitThatIsNoNameIsABrokenLine(String split, String why) {
        String line = "{'prompt': 'p', 'split': " + split + "}";
        PromptLineParser parser = new PromptLineParser("t", Optional.empty(), PromptColumns.usual(), Instant.EPOCH);
        assertThatThrownBy(() -> parser.parse(JsonLinesFile.object(
                        line.replace('\'', '"').getBytes(java.nio.charset.StandardCharsets.UTF_8))))
                .isInstanceOf(BadLineException.class)
                .hasMessageContaining(why);
        // The command's --split stands for every line, and the column is a word like any other then.
        assertThatThrownBy(() -> new PromptLineParser("t", Optional.of(" train"), PromptColumns.usual(), Instant.EPOCH))
                .hasMessageContaining("did you mean train?");
    }
}
