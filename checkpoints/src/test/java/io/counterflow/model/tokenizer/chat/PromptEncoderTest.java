package io.counterflow.model.tokenizer.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import io.counterflow.model.tokenizer.TokenSplit;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptEncoderTest {

    private static final Conversation QUESTION = Conversation.of(List.of(new ChatMessage("user", "a b")));
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
        assertThat(encoder.completion("a b", " c").second()).containsExactly(id("c"), END);
        assertThat(encoder.text("a")).containsExactly(BEGIN, id("a"), END);
    }

    @Test
    void aConversationIsSpelledWithTheTemplateAndItsReplyEndsWhereATurnEnds() throws IOException {
        PromptEncoder encoder = with("{% for m in messages %}{{ m.role }} : {{ m.content }} </s> {% endfor %}"
                + "{% if add_generation_prompt %}assistant : {% endif %}");
        assertThat(encoder.prompt(QUESTION, Instant.EPOCH))
                .containsExactly(id("user"), id(":"), id("a"), id("b"), END, id("assistant"), id(":"));
        assertThat(encoder.reply(QUESTION, new ChatMessage("assistant", "c"), Instant.EPOCH)
                        .second())
                .containsExactly(id("c"), END);
    }

    @Test
    void aTemplateThatSpellsTheReplyOtherwiseInContextStillGivesTheReply() throws IOException {
        PromptEncoder encoder = with("{% for m in messages %}{{ m.content }} {% endfor %}"
                + "{% if add_generation_prompt %}assistant : {% endif %}");
        assertThat(encoder.reply(QUESTION, new ChatMessage("assistant", "c"), Instant.EPOCH)
                        .second())
                .containsExactly(id("c"), END);
    }

    @Test
    void variablesReachTheTemplateAndAConversationsOwnComeFirst() throws IOException {
        PromptEncoder encoder = with("{% for m in messages %}{{ m.content }} {% endfor %}{{ mode | default('c') }}");
        assertThat(encoder.prompt(QUESTION, Instant.EPOCH)).containsExactly(id("a"), id("b"), id("c"));
        PromptEncoder told = encoder.withVariables(Map.of("mode", TextNode.valueOf("user")));
        assertThat(told.prompt(QUESTION, Instant.EPOCH)).containsExactly(id("a"), id("b"), id("user"));
        Conversation own = new Conversation(QUESTION.messages(), Map.of("mode", TextNode.valueOf(":")));
        assertThat(told.prompt(own, Instant.EPOCH)).containsExactly(id("a"), id("b"), id(":"));
        assertThatThrownBy(() -> encoder.withVariables(Map.of("enable_thinking", TextNode.valueOf("a"))))
                .hasMessage("the chat template does not know 'enable_thinking'");
    }

    @Test
    void whatATemplateDoesNotKnowOfAReplyIsRefusedByItsName() throws IOException {
        PromptEncoder encoder = with("{% for m in messages %}{{ m.role }} : {{ m.content }} </s> {% endfor %}"
                + "{% if add_generation_prompt %}assistant : {% endif %}");
        ChatMessage reply = ChatMessage.of(new ObjectMapper()
                .readTree("{\"role\": \"assistant\", \"content\": \"c\", \"reasoning_content\": \"a\", \"id\": 7}"));
        assertThatThrownBy(() -> encoder.reply(QUESTION, reply, Instant.EPOCH))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessage("message 2 has 'reasoning_content', which the chat template does not know");
    }

    @Test
    void aReplyIsAllThatTheTemplateSpellsOfIt() throws IOException {
        PromptEncoder encoder = with(
                "{% for m in messages %}{{ m.role }} : {{ m.reasoning_content | default('') }} {{ m.content }} </s> {% endfor %}"
                        + "{% if add_generation_prompt %}assistant : {% endif %}");
        ChatMessage reply = ChatMessage.of(new ObjectMapper()
                .readTree("{\"role\": \"assistant\", \"content\": \"c\", \"reasoning_content\": \"a\"}"));
        assertThat(encoder.reply(QUESTION, reply, Instant.EPOCH).second()).containsExactly(id("a"), id("c"), END);
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

    /**
     * A tokenizer of Llama 2's kind, which puts a space before a text. Right values: transformers 5.18, {@code apply_chat_template} to text, the tokenizer's ids
     * of that, and {@code char_to_token} where the reply begins.
     */
    @Nested
    class WithATokenizerThatPutsASpaceFirst {
        private static final String ZEPHYR =
                "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{{ eos_token }}\n{% endfor %}"
                        + "{% if add_generation_prompt %}<|assistant|>\n{% endif %}";
        private static final String INSTRUCT =
                "{{ bos_token }}{% for m in messages %}{% if m.role=='user' %}[INST] {{ m.content }} [/INST]"
                        + "{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}";
        private static final Conversation CAT = Conversation.of(List.of(new ChatMessage("user", "the cat")));

        private Tokenizer spaced;

        @BeforeEach
        void load() throws IOException {
            Files.copy(
                    Path.of("src/test/resources/tokenizers/sentencepiece-prepend.json"),
                    folder.resolve(Tokenizer.FILE_NAME),
                    StandardCopyOption.REPLACE_EXISTING);
            spaced = Tokenizer.load(folder);
        }

        @AfterEach
        void close() {
            spaced.close();
        }

        private PromptEncoder with(String template) throws IOException {
            Files.writeString(folder.resolve("chat_template.jinja"), template);
            return PromptEncoder.of(spaced, List.of(END));
        }

        @Test
        void aReplyHasTheTokensThatItHasInTheConversation() throws IOException {
            PromptEncoder zephyr = with(ZEPHYR);
            TokenSplit reply = zephyr.reply(CAT, new ChatMessage("assistant", "the dog ran"), Instant.EPOCH);
            assertThat(reply.second()).containsExactly(275, 282, 346, 332, END);
            assertThat(reply.first()).isEqualTo(zephyr.prompt(CAT, Instant.EPOCH));

            PromptEncoder instruct = with(INSTRUCT);
            reply = instruct.reply(CAT, new ChatMessage("assistant", "the dog ran"), Instant.EPOCH);
            assertThat(reply.second()).containsExactly(283, 346, 332, END);
            assertThat(reply.first())
                    .isEqualTo(instruct.prompt(CAT, Instant.EPOCH))
                    .startsWith(BEGIN);
        }

        @Test
        void aReplyThatSpellsAnEndTokenGoesOnBehindIt() throws IOException {
            PromptEncoder zephyr = with(ZEPHYR);
            assertThat(said(zephyr, "the dog</s> ran")).containsExactly(275, 282, 346, END, 280, 332, END);
            assertThat(said(zephyr, "the dog</s>")).containsExactly(275, 282, 346, END);
            assertThat(said(zephyr, "</s>the dog")).containsExactly(END, 283, 346, END);
        }

        @Test
        void thoughtsThatTheTemplateOpensAreNotOpenedAgainByTheReply() throws IOException {
            PromptEncoder opening = with(
                    "{% for m in messages %}{{ m.role }}\n{{ m.content.split('</think>')[-1] }}{{ eos_token }}\n{% endfor %}"
                            + "{% if add_generation_prompt %}assistant\n<think>\n{% endif %}");
            for (String reply :
                    List.of("<think>\nthe\n</think>\ncat", "<think>the\n</think>\ncat", "the\n</think>\ncat")) {
                int[] ids = said(opening, reply);
                assertThat(spaced.decode(ids, false)).isEqualTo("the\n</think>\ncat</s>");
            }
            assertThatThrownBy(() -> said(opening, "the cat"))
                    .isInstanceOf(ChatTemplateException.class)
                    .hasMessage(
                            "the chat template begins the assistant's turn with <think>, and the reply has no </think>: all of it would be thoughts");
        }

        private int[] said(PromptEncoder encoder, String reply) {
            return encoder.reply(CAT, new ChatMessage("assistant", reply), Instant.EPOCH)
                    .second();
        }

        @Test
        void aCompletionBehindASpaceTakesTheSpaceIntoItsFirstWord() throws IOException {
            TokenSplit split = with(ZEPHYR).completion("once upon a ", "time");
            assertThat(split.first()).containsExactly(BEGIN, 344, 333, 284);
            assertThat(split.second()).containsExactly(306, END);
        }

        @Test
        void aTextThatBringsItsSpecialTokensDoesNotGetThemTwice() throws IOException {
            PromptEncoder encoder = with(ZEPHYR);
            assertThat(encoder.text("<s>the cat</s>")).containsExactly(BEGIN, 283, 301, END);
            assertThat(encoder.text(" <s>the cat</s>\n")).containsExactly(BEGIN, 283, 301, END);
            assertThat(encoder.completion("\n<s>the cat", " and the dog</s> ").second())
                    .containsExactly(291, 283, 346, END);
            // White space is kept where nothing is added twice.
            assertThat(encoder.text("the cat "))
                    .isNotEqualTo(encoder.text("the cat"))
                    .endsWith(END);
            assertThat(encoder.prompt("<s>the cat")).isEqualTo(encoder.prompt("the cat"));
            TokenSplit split = encoder.completion("<s>the cat", " and the dog</s>");
            assertThat(split.first()).isEqualTo(encoder.prompt("the cat"));
            assertThat(split.second()).containsExactly(291, 283, 346, END);
        }
    }
}
