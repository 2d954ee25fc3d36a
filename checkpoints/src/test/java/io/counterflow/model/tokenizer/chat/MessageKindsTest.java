package io.counterflow.model.tokenizer.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/**
 * Messages of each kind (parts, tool calls, thoughts, content null) in published templates and others. The texts are those of transformers 5.18,
 * {@code render_jinja_template}. What it drops in silence, such as tools that a template does not know, is refused here.
 */
class MessageKindsTest {
    private static final Path TEMPLATES = Path.of("src/test/resources/chat");
    private static final ZonedDateTime NOW =
            LocalDateTime.parse("2025-03-04T05:06:07").atZone(ZoneOffset.UTC);

    @Test
    void everyKindIsRenderedAsTransformersRendersItOrRefusedByName() throws Exception {
        JsonNode file = new ObjectMapper().readTree(Files.readAllBytes(TEMPLATES.resolve("kinds.json")));
        int rendered = 0;
        SoftAssertions soft = new SoftAssertions();
        for (JsonNode one : file.get("cases")) {
            String name = one.get("template").asText();
            String source = file.get("templates").has(name)
                    ? file.get("templates").get(name).asText()
                    : Files.readString(TEMPLATES.resolve(name + ".jinja"));
            List<ChatMessage> messages = Conversation.messages(
                    "messages", file.get("messages").get(one.get("messages").asText()));
            Map<String, JsonNode> variables = new HashMap<>();
            file.get("variables")
                    .get(one.get("variables").asText())
                    .properties()
                    .forEach(e -> variables.put(e.getKey(), e.getValue()));
            String text;
            try {
                text = ChatTemplate.of(source, Map.of("bos_token", "<s>", "eos_token", "</s>"))
                        .render(
                                new Conversation(messages, variables),
                                one.get("prompt").asBoolean(),
                                NOW);
                rendered++;
            } catch (ChatTemplateException e) {
                soft.assertThat(one.has("fails") || e.getMessage().contains("the chat template does not know"))
                        .as("%s: %s", e.getMessage(), one)
                        .isTrue();
                continue;
            }
            soft.assertThat(text).as("%s", one).isEqualTo(one.path("text").asText("fails"));
        }
        soft.assertAll();
        assertThat(rendered).isGreaterThan(150);
    }
}
