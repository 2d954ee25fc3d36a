package io.counterflow.imports.completions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.imports.completions.CompletionImporter.Kind;
import io.counterflow.imports.completions.CompletionImporter.Result;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.producer.ProducerFixture;
import io.counterflow.schemas.Completion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations of several turns, of which the policy wrote its own. The words a to c have the ids 3 to 5, user, assistant and tool 6 to 8. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@ExtendWith(SharedBroker.class)
class EveryTurnTest {

    private static final String BY_PREFIX = "{% for m in messages %}{{ m.role }} {{ m.content }} "
            + "{% if m.role == 'assistant' %}</s> {% endif %}{% endfor %}{% if add_generation_prompt %}assistant {% endif %}";
    private static final String MARKED = "{% for m in messages %}{{ m.role }} {% if m.role == 'assistant' %}"
            + "{% generation %}{{ m.content }} </s>{% endgeneration %} {% else %}{{ m.content }} {% endif %}{% endfor %}";
    private static final String CALL =
            "{'messages': [{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content': 'b'},"
                    + " {'role': 'tool', 'content': 'c'}, {'role': 'assistant', 'content': '%s'}]}";

    @TempDir
    private Path folder;

    private ProducerFixture log;

    @BeforeEach
    void start(EmbeddedLog embedded) {
        log = new ProducerFixture(embedded, "turns" + System.nanoTime());
    }

    @AfterEach
    void stop() {
        log.close();
    }

    private Result importLines(String template, boolean everyTurn, String... lines) throws IOException {
        WordLevelTokenizer.write(folder, List.of("a", "b", "c", "user", "assistant", "tool"));
        Files.writeString(folder.resolve("chat_template.jinja"), template);
        Path file = Files.createTempFile(folder, "lines", ".jsonl");
        Files.writeString(file, String.join("\n", lines).replace('\'', '"') + "\n");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            return new CompletionImporter(
                            log.log(), PromptEncoder.of(tokenizer, List.of(2)), 100, InstantSource.system())
                    .importFile(
                            file,
                            new CompletionImporter.Request(
                                    Kind.COMPLETIONS,
                                    "r",
                                    "t",
                                    new CompletionColumns(null, null, Map.of(), Map.of(), everyTurn),
                                    OnBadLine.FAIL));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {BY_PREFIX, MARKED})
    void theCompletionIsEverythingFromTheFirstTurnOnAndTheMaskSaysWhatThePolicyWrote(String template) throws Exception {
        Result result = importLines(template, true, CALL.formatted("a"), CALL.formatted("b"));
        assertThat(result.groups()).isEqualTo(1);
        List<Completion> all = log.completions();
        assertThat(all).hasSize(2).allSatisfy(completion -> {
            assertThat(completion.getPromptTokenIds()).containsExactly(6, 3, 7);
            assertThat(completion.getCompletionMask()).containsExactly(true, true, false, false, false, true, true);
            assertThat(completion.getPrompt().getMessages()).hasSize(1);
        });
        assertThat(all)
                .extracting(Completion::getTokenIds)
                .containsExactlyInAnyOrder(List.of(4, 2, 8, 5, 7, 3, 2), List.of(4, 2, 8, 5, 7, 4, 2));
        assertThat(importLines(template, true, CALL.formatted("a"), CALL.formatted("b"))
                        .groups())
                .as("groups of a second import")
                .isZero();
    }

    @Test
    void aCompletionThatGoesOnFromAPromptBeginsWithTheAssistant() throws Exception {
        String line =
                "{'prompt': [{'role': 'user', 'content': 'a'}], 'completion': [{'role': 'assistant', 'content': 'b'},"
                        + " {'role': 'user', 'content': 'c'}, {'role': 'assistant', 'content': '%s'}]}";
        importLines(BY_PREFIX, true, line.formatted("a"), line.formatted("c"));
        assertThat(log.completions()).hasSize(2).allSatisfy(completion -> {
            assertThat(completion.getPromptTokenIds()).containsExactly(6, 3, 7);
            assertThat(completion.getCompletionMask()).containsExactly(true, true, false, false, false, true, true);
        });
    }

    @Test
    void withOneTurnThePolicyWroteAll() throws Exception {
        String line = "{'messages': [{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content': '%s'}]}";
        importLines(BY_PREFIX, true, line.formatted("b"), line.formatted("c"));
        assertThat(log.completions()).hasSize(2).allSatisfy(completion -> {
            assertThat(completion.getTokenIds()).hasSize(2).endsWith(2);
            assertThat(completion.getCompletionMask()).isEmpty();
        });
    }

    @Test
    void unlessAskedForTheCompletionIsTheLastTurnAlone() throws Exception {
        importLines(BY_PREFIX, false, CALL.formatted("a"), CALL.formatted("b"));
        assertThat(log.completions()).hasSize(2).allSatisfy(completion -> {
            assertThat(completion.getTokenIds()).hasSize(2);
            assertThat(completion.getCompletionMask()).isEmpty();
            assertThat(completion.getPrompt().getMessages()).hasSize(3);
        });
    }

    @Test
    void whereTheTemplateDoesNotTellItTheLineIsRefused() {
        String thinking = BY_PREFIX.replace("{{ m.content }}", "{% if loop.last %}a {% endif %}{{ m.content }}");
        assertThatThrownBy(() -> importLines(thinking, true, CALL.formatted("a"), CALL.formatted("b")))
                .hasMessageContaining("line 1: ")
                .hasMessageContaining("spells turn 2 otherwise when others follow");
        assertThat(log.completions()).isEmpty();
    }
}
