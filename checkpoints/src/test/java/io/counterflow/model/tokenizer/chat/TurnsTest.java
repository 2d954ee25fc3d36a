package io.counterflow.model.tokenizer.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder.Turns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cases of transformers 5.18 ({@code return_assistant_tokens_mask}), by make_turns.py, with every kind of tokenizer that checkpoints have. */
class TurnsTest {

    private static final Path FOLDER = Path.of("src/test/resources/tokenizers");

    @TempDir
    private Path folder;

    private static JsonNode file() throws IOException {
        return new ObjectMapper().readTree(Files.readAllBytes(FOLDER.resolve("turns.json")));
    }

    private static Conversation conversation(JsonNode file, JsonNode one) {
        return Conversation.of(Conversation.messages(
                "messages",
                file.get("conversations").get(one.get("conversation").asInt())));
    }

    private PromptEncoder encoder(Tokenizer tokenizer) {
        return PromptEncoder.of(tokenizer, List.of());
    }

    private Tokenizer tokenizer(String name, String template) throws IOException {
        Path own = Files.createTempDirectory(folder, name);
        Files.copy(FOLDER.resolve(name + ".json"), own.resolve("tokenizer.json"));
        Files.writeString(own.resolve("chat_template.jinja"), template);
        return Tokenizer.load(own);
    }

    private static void check(SoftAssertions soft, JsonNode one, Turns turns) {
        List<Integer> ids = new ArrayList<>();
        List<Integer> mask = new ArrayList<>();
        for (int id : turns.tokens().first()) {
            ids.add(id);
            mask.add(0);
        }
        for (int i = 0; i < turns.written().length; i++) {
            ids.add(turns.tokens().second()[i]);
            mask.add(turns.written()[i] ? 1 : 0);
        }
        List<Integer> wantedIds = new ArrayList<>();
        List<Integer> wantedMask = new ArrayList<>();
        one.get("ids").forEach(id -> wantedIds.add(id.asInt()));
        one.get("mask").forEach(bit -> wantedMask.add(bit.asInt()));
        int end = wantedMask.lastIndexOf(1) + 1;
        soft.assertThat(ids).as("ids of %s", one).isEqualTo(wantedIds.subList(0, end));
        soft.assertThat(mask).as("mask of %s", one).isEqualTo(wantedMask.subList(0, end));
    }

    @Test
    void whatATemplateMarksIsMaskedAsByTransformersWithEveryKindOfTokenizer() throws Exception {
        JsonNode file = file();
        Set<String> kinds = new HashSet<>();
        SoftAssertions soft = new SoftAssertions();
        for (JsonNode one : file.get("cases")) {
            String template =
                    file.get("templates").get(one.get("template").asText()).asText();
            kinds.add(one.get("tokenizer").asText());
            try (Tokenizer tokenizer = tokenizer(one.get("tokenizer").asText(), template)) {
                check(soft, one, encoder(tokenizer).turns(conversation(file, one), Instant.EPOCH));
            }
        }
        soft.assertAll();
        try (Stream<Path> files = Files.list(FOLDER)) {
            List<String> all = files.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(".json") && !name.equals("splits.json") && !name.equals("turns.json"))
                    .map(name -> name.substring(0, name.length() - 5))
                    .toList();
            assertThat(kinds).containsExactlyInAnyOrderElementsOf(all);
        }
    }

    /** The same template without its marks spells the same, so the turns are found where transformers finds them. */
    @Test
    void withoutMarksTheTurnsAreFoundByWhatComesBeforeThem() throws Exception {
        JsonNode file = file();
        SoftAssertions soft = new SoftAssertions();
        int checked = 0;
        for (JsonNode one : file.get("cases")) {
            // The others give no place where an answer begins.
            if (one.get("template").asText().equals("chatml")) {
                String template = file.get("templates")
                        .get("chatml")
                        .asText()
                        .replace("{% generation %}", "")
                        .replace("{% endgeneration %}", "");
                try (Tokenizer tokenizer = tokenizer(one.get("tokenizer").asText(), template)) {
                    check(soft, one, encoder(tokenizer).turns(conversation(file, one), Instant.EPOCH));
                }
                checked++;
            }
        }
        soft.assertAll();
        assertThat(checked).isGreaterThan(30);
    }

    /** Where transformers leaves out all but the first of them. */
    @Test
    void everyTokenOfTheLastCharacterIsTheAssistants() throws Exception {
        Conversation conversation =
                Conversation.of(List.of(new ChatMessage("user", "a"), new ChatMessage("assistant", "x 語")));
        String template =
                "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% else %}{% generation %} {{ m.content }}{% endgeneration %}"
                        + "{% endif %}{% endfor %}";
        try (Tokenizer tokenizer = tokenizer("byte-level-qwen2", template)) {
            Turns turns = encoder(tokenizer).turns(conversation, Instant.EPOCH);
            assertThat(tokenizer.decode(turns.tokens().second(), false)).isEqualTo(" x 語");
            assertThat(turns.written()).containsOnly(true);
        }
    }

    @Test
    void aTemplateThatSpellsEarlierTurnsOtherwiseIsRefused() throws Exception {
        WordLevelTokenizer.write(folder, List.of("a", "b", "thought", "user", "assistant"));
        Files.writeString(
                folder.resolve("chat_template.jinja"),
                "{% for m in messages %}{{ m.role }} {% if m.role == 'assistant' and loop.last %}thought {% endif %}{{ m.content }} {% endfor %}"
                        + "{% if add_generation_prompt %}assistant {% endif %}");
        Conversation conversation = Conversation.of(List.of(
                new ChatMessage("user", "a"),
                new ChatMessage("assistant", "b"),
                new ChatMessage("user", "a"),
                new ChatMessage("assistant", "b")));
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThatThrownBy(() -> encoder(tokenizer).turns(conversation, Instant.EPOCH))
                    .isInstanceOf(ChatTemplateException.class)
                    .hasMessageContaining("spells turn 2 otherwise when others follow");
        }
    }

    @Test
    void aConversationInWhichTheAssistantSaysNothingIsRefused() throws Exception {
        WordLevelTokenizer.write(folder, List.of("a"));
        Files.writeString(folder.resolve("chat_template.jinja"), "{% for m in messages %}{{ m.content }} {% endfor %}");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThatThrownBy(() -> encoder(tokenizer)
                            .turns(Conversation.of(List.of(new ChatMessage("user", "a"))), Instant.EPOCH))
                    .hasMessageContaining("nothing that the assistant said");
        }
    }
}
