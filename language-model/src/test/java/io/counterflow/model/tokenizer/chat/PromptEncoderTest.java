package io.counterflow.model.tokenizer.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptEncoderTest {

    private static final List<ChatMessage> QUESTION = List.of(new ChatMessage("user", "a b"));
    private static final int BEGIN = 1;
    private static final int END = 2;

    @TempDir
    private Path folder;

    private Tokenizer tokenizer;

    @BeforeEach
    void load() throws IOException {
        WordLevelTokenizer.write(folder, List.of("a", "b", "c", "user", "assistant", ":"));
        tokenizer = Tokenizer.load(folder);
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    private PromptEncoder with(String template) throws IOException {
        Files.writeString(folder.resolve("chat_template.jinja"), template);
        return PromptEncoder.of(tokenizer, List.of(END));
    }

    private int id(String word) {
        return tokenizer.id(word).orElseThrow();
    }

    @Test
    void promptAndCompletionOfATextAreTheTokensOfTheirJoin() {
        PromptEncoder encoder = PromptEncoder.of(tokenizer, List.of());
        assertThat(encoder.prompt("a b")).containsExactly(BEGIN, id("a"), id("b"));
        assertThat(encoder.completion("a b", " c")).containsExactly(id("c"), END);
        assertThat(encoder.text("a")).containsExactly(BEGIN, id("a"), END);
    }

    @Test
    void aConversationIsSpelledWithTheTemplateAndItsReplyEndsWhereATurnEnds() throws IOException {
        PromptEncoder encoder = with("{% for m in messages %}{{ m.role }} : {{ m.content }} </s> {% endfor %}"
                + "{% if add_generation_prompt %}assistant : {% endif %}");
        assertThat(encoder.prompt(QUESTION, Instant.EPOCH))
                .containsExactly(id("user"), id(":"), id("a"), id("b"), END, id("assistant"), id(":"));
        assertThat(encoder.reply(QUESTION, "c", Instant.EPOCH)).containsExactly(id("c"), END);
    }

    @Test
    void aTemplateThatSpellsTheReplyOtherwiseInContextStillGivesTheReply() throws IOException {
        PromptEncoder encoder = with("{% for m in messages %}{{ m.content }} {% endfor %}"
                + "{% if add_generation_prompt %}assistant : {% endif %}");
        assertThat(encoder.reply(QUESTION, "c", Instant.EPOCH)).containsExactly(id("c"), END);
    }

    @Test
    void withoutATemplateConversationsAreRefused() {
        PromptEncoder encoder = PromptEncoder.of(tokenizer, List.of(END));
        assertThatThrownBy(() -> encoder.prompt(QUESTION, Instant.EPOCH))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessage("the model has no chat template");
    }

    @Test
    void aTemplateThatIsNotUnderstoodIsSaidWhenItIsNeeded() throws IOException {
        PromptEncoder encoder = with("{% for %}");
        assertThat(encoder.prompt("a")).containsExactly(BEGIN, id("a"));
        assertThatThrownBy(() -> encoder.prompt(QUESTION, Instant.EPOCH)).hasMessageContaining("the chat template in");
    }
}
