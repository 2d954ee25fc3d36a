package io.counterflow.model.tokenizer.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {
    private static final Path TEMPLATES = Path.of("src/test/resources/chat");
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 3, 5, 17, 4, 9, 0, ZoneOffset.UTC);
    private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");
    private static final List<ChatMessage> HELLO = List.of(new ChatMessage("user", "hello"));

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama2",
                "llama3",
                "llama32",
                "mistral",
                "qwen25",
                "qwen3",
                "smollm2",
                "zephyr",
                "misc",
                "filters",
                "scopes",
                "whitespace"
            })
    void rendersWhatTransformersRenders(String name) throws IOException {
        JsonNode file =
                new ObjectMapper().readTree(TEMPLATES.resolve("expected.json").toFile());
        ChatTemplate template = ChatTemplate.of(Files.readString(TEMPLATES.resolve(name + ".jinja")), TOKENS);
        JsonNode expected = file.path("expected").path(name + ".jinja");
        assertThat(expected).hasSize(3);
        for (int i = 0; i < expected.size(); i++) {
            List<ChatMessage> messages = new ArrayList<>();
            file.path("conversations")
                    .get(i)
                    .forEach(m -> messages.add(new ChatMessage(
                            m.path("role").asText(), m.path("content").asText())));
            for (boolean prompt : new boolean[] {true, false}) {
                JsonNode wanted = expected.get(i).get(prompt ? 0 : 1);
                if (wanted.isTextual()) {
                    assertThat(template.render(messages, prompt, NOW)).isEqualTo(wanted.asText());
                } else {
                    assertThatThrownBy(() -> template.render(messages, prompt, NOW))
                            .isInstanceOf(ChatTemplateException.class)
                            .hasMessage("the template refuses these messages: "
                                    + wanted.path("error").asText());
                }
            }
        }
    }

    /** The texts are those of transformers 5.18. */
    @Test
    void blocksWithABodyAreRenderedAsTransformersRendersThem() throws IOException {
        for (JsonNode one :
                new ObjectMapper().readTree(TEMPLATES.resolve("blocks.json").toFile())) {
            String template = one.get("template").asText();
            assertThat(ChatTemplate.of(template, Map.of()).render(HELLO, true, NOW))
                    .as(template)
                    .isEqualTo(one.get("text").asText());
        }
    }

    /** The texts are those of transformers 5.18: {@code _compile_jinja_template(template).render(messages=...)}. */
    @Test
    void numbersAndTextsAreFormattedAndRoundedAsInPython() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (JsonNode one :
                new ObjectMapper().readTree(TEMPLATES.resolve("formats.json").toFile())) {
            String template = one.get("template").asText();
            String text;
            try {
                text = ChatTemplate.of(template, Map.of()).render(HELLO, true, NOW);
            } catch (ChatTemplateException e) {
                text = e.toString();
            }
            if (!text.equals(one.get("text").asText())) {
                wrong.add(
                        template + " gave " + text + ", not " + one.get("text").asText());
            }
        }
        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ a | frobnicate }} ; line 1: the filter frobnicate is not supported",
                "{% include 'x' %} ; line 1: the tag {% include %} is not supported",
                "x\n{% if a %} ; line 2: {% if %} has no {% endif %}",
                "{% endfor %} ; line 1: {% endfor %} closes nothing",
                "{{ 'a ; line 1: a tag that is not closed by }}",
                "{{ 1 + }} ; line 1: an expression that ends too early",
                "{{ a b }} ; line 1: \"b\" was not expected",
                "{{ nothing.content }} ; line 1: nothing is undefined, so it has no content",
                "{{ nothing() }} ; line 1: the function nothing cannot be called",
                "{{ messages[0].content.encode() }} ; line 1: the method encode cannot be called",
                "{{ 'a' + 1 }} ; line 1: text + the number 1 cannot be computed",
                "{{ 1 // 0 }} ; line 1: a division by zero",
                "{{ 'x' is frobnicated }} ; line 1: the test frobnicated is not supported",
                "{{ messages.__class__.mro() }} ; line 1: __class__ is undefined, so it has no mro",
                "{{ 'x'.getClass() }} ; line 1: the method getClass cannot be called",
                "{% set x.y = 1 %} ; line 1: x is no namespace, so its y cannot be set",
                "{{ namespace }} ; line 1: a function or namespace cannot be written as text",
                "{{ 'a' | tojson(default=1) }} ; line 1: the filter tojson is supported with these arguments alone: ensure_ascii, indent, separators, sort_keys",
                "{{ 'a' | tojson(separators=',') }} ; line 1: separators of tojson are two texts, not text",
                "{{ [1] | batch }} ; line 1: the filter batch needs linecount",
                "{{ [1] | slice(0) }} ; line 1: slices of the filter slice is from 1 to 100000, not 0",
                "{{ [1] | groupby }} ; line 1: the filter groupby needs attribute",
                "{% block a %}{% endblock %}{% block a %}{% endblock %} ; line 1: the block 'a' is there twice",
                "{% if a %}{% block a %}{% endblock %}{% endif %} ; line 1: {% block a %} inside another tag is supported where it is scoped",
                "{% block a %}{% endblock b %} ; line 1: {% endblock b %} where {% endblock %} was expected",
                "{{ 'a' | upper(1) }} ; line 1: the filter upper is supported with these arguments alone: none",
                "{{ '{0}{}'.format(1, 2) }} ; line 1: format: fields have numbers, or they have none",
                "{{ '{}{}'.format(1) }} ; line 1: format: there is no value for field 1",
                "{{ '{'.format(1) }} ; line 1: format: a '{' has no '}'",
                "{{ 'a}'.format(1) }} ; line 1: format: a '}' has no '{'",
                "{{ '{x}'.format(1) }} ; line 1: format: there is no 'x'",
                "{{ '{0.x}'.format(1) }} ; line 1: format: '{0.x}' is more than a number or a name",
                "{{ '{:012,}'.format(1) }} ; line 1: format: ':012,' is not supported",
                "{{ '{:_x}'.format(70000) }} ; line 1: format: ':_x' is not supported",
                "{{ '{:.2}'.format(1.5) }} ; line 1: format: ':.2' does not fit the number 1.5",
                "{{ '{:d}'.format('a') }} ; line 1: format: ':d' does not fit text",
                "{{ '{!a}'.format('a') }} ; line 1: format: '{!a}' has a conversion that is not supported",
                "{{ 'abc'.index('x') }} ; line 1: 'x' is not in the text",
                "{{ 2 ** 100000 }} ; line 1: a number that is too large",
                "{{ 'a' * 9223372036854775808 }} ; line 1: text * the number 9223372036854775808 cannot be computed",
                "{{ 'a'.ljust(1000000) }} ; line 1: a text is filled up by at most 10000 characters",
                "{{ 'a'.count('a', 1) }} ; line 1: the method count is supported with at most 1 arguments, without names",
                "{% macro f(a) %}{% endmacro %}{{ f(1, 2) }} ; line 1: the macro f takes these arguments alone: a",
                "{{ lipsum() }} ; line 1: lipsum writes by chance, which is not supported",
                "{% for m in messages %}{{ loop([]) }}{% endfor %} ; line 1: a loop that is not recursive cannot be called",
                "{{ (1,) + [2] }} ; line 1: a tuple + a list cannot be computed",
                "{% macro f(a) %}{{ kwargs }}{% endmacro %}{{ f(1, 2) }} ; line 1: the macro f takes these arguments alone: a",
                "{{ 'a'.partition('') }} ; line 1: partition needs a separator that is not empty",
                "{{ '\\N{BULLET}' }} ; line 1: a character by its name, which is not supported: \\N{BULLET}",
                "{{ 'a' | items }} ; line 1: text has no items",
                "{{ namespace() | tojson }} ; line 1: a function or namespace cannot be written as JSON",
                "{{ '%s %s' % 'a' }} ; line 1: a format has more conversions than values",
                "{{ '%s' % ('a', 'b') }} ; line 1: not all values were used by the format '%s'",
                "{{ 'a' % 'b' }} ; line 1: not all values were used by the format 'a'",
                "{{ '%d' % 'b' }} ; line 1: %d of a format needs a whole number, not text",
                "{{ '%x' % 1.5 }} ; line 1: %x of a format needs a whole number, not the number 1.5",
                "{{ '%b' % 1 }} ; line 1: the conversion %b of a format is not supported",
                "{{ '50%' % 1 }} ; line 1: the format '50%' ends within a conversion",
                "{{ '%(a)s' % {} }} ; line 1: the dictionary of a format has no 'a'",
                "{{ '%(a)s' % 1 }} ; line 1: the format's %(a) needs a dictionary",
                "{{ '%999999999d' % 1 }} ; line 1: a format with a width or precision above 100000",
                "{{ 'a' | round }} ; line 1: round needs a number, not text",
                "{{ 1.5 | round(1, 'up') }} ; line 1: method must be common, ceil or floor",
                "{{ range(1000000) }} ; line 1: a range of more than 100000 numbers",
                "{{ 'x' * 1000000000 }} ; line 1: a text of more than 67108864 characters",
            })
    void whatIsWrongOrNotSupportedIsNamed(String line) {
        String[] parts = line.split(" ; ");
        assertThatThrownBy(() -> ChatTemplate.of(parts[0], TOKENS).render(HELLO, true, NOW))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessage(parts[1]);
    }

    @Test
    void templateThatNeverEndsIsStopped() {
        String loops = "{% for a in range(100000) %}{% for b in range(100000) %}{{ a }}{% endfor %}{% endfor %}";
        assertThatThrownBy(() -> ChatTemplate.of(loops, TOKENS).render(HELLO, true, NOW))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessageContaining("the template");
        String recursion = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
        assertThatThrownBy(() -> ChatTemplate.of(recursion, TOKENS).render(HELLO, true, NOW))
                .hasMessageContaining("calls macros more than 100 deep");
        String within = "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}";
        assertThatThrownBy(() -> ChatTemplate.of(within, TOKENS).render(HELLO, true, NOW))
                .hasMessageContaining("calls loops more than 100 deep");
        String nested = "{{ " + "(".repeat(100_000) + " }}";
        assertThatThrownBy(() -> ChatTemplate.of(nested, TOKENS)).isInstanceOf(ChatTemplateException.class);
    }

    @Test
    void changedTemplatesRenderOrAreRefused() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        String[] sources = {
            Files.readString(TEMPLATES.resolve("llama32.jinja")),
            Files.readString(TEMPLATES.resolve("qwen3.jinja")),
            Files.readString(TEMPLATES.resolve("scopes.jinja"))
        };
        int refused = 0;
        for (int round = 0; round < 600; round++) {
            StringBuilder changed = new StringBuilder(sources[round % sources.length]);
            for (int i = random.nextInt(3); i >= 0; i--) {
                int place = random.nextInt(changed.length());
                if (random.nextBoolean()) {
                    changed.deleteCharAt(place);
                } else {
                    changed.insert(place, "{}%'\"()[]|.-+ a1=~".charAt(random.nextInt(18)));
                }
            }
            try {
                ChatTemplate.of(changed.toString(), TOKENS).render(HELLO, true, NOW);
            } catch (ChatTemplateException e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed %d, round %d: %s".formatted(seed, round, changed), e);
            }
        }
        assertThat(refused).as("refused with seed %d", seed).isBetween(100, 599);
    }

    @Test
    void furtherVariablesReachTheTemplate() throws IOException {
        ChatTemplate qwen = ChatTemplate.of(Files.readString(TEMPLATES.resolve("qwen3.jinja")), TOKENS);
        assertThat(qwen.render(new Conversation(HELLO, Map.of("enable_thinking", BooleanNode.FALSE)), true, NOW))
                .endsWith("<|im_start|>assistant\n<think>\n\n</think>\n\n");
    }

    /** As {@code get_chat_template} of transformers 5.18 chooses. */
    @Test
    void ofSeveralTemplatesTheOneForToolsSpellsConversationsWithTools() throws IOException {
        String tools = "T{{ tools | length }}{{ messages[0].content }}";
        Path config = folder.resolve("tokenizer_config.json");
        Files.writeString(
                config,
                "{\"chat_template\":[{\"name\":\"default\",\"template\":\"d{{ tools }}\"},{\"name\":\"tool_use\",\"template\":\"%s\"}]}"
                        .formatted(tools));
        JsonNode one = new ObjectMapper().readTree("[{\"name\": \"f\"}]");
        Conversation told = new Conversation(HELLO, Map.of("tools", one));
        ChatTemplate template = ChatTemplate.read(folder).orElseThrow();
        assertThat(template.render(told, true, NOW))
                .isEqualTo("T1" + HELLO.get(0).text());
        assertThat(template.render(HELLO, true, NOW)).isEqualTo("dNone");
        template.requireVariables(Set.of("tools"));
        Files.writeString(folder.resolve("chat_template.jinja"), "file");
        Path more = Files.createDirectory(folder.resolve("additional_chat_templates"));
        Files.writeString(more.resolve("tool_use.jinja"), "F" + tools);
        assertThat(ChatTemplate.read(folder).orElseThrow().render(told, true, NOW))
                .startsWith("FT1");
        Files.delete(folder.resolve("chat_template.jinja"));
        assertThatThrownBy(() -> ChatTemplate.read(folder))
                .hasMessageEndingWith("none is named default, only tool_use");
    }

    @Test
    void whatACommentOrTheSpelledTextSaysIsNoUseOfAKey() {
        ChatTemplate template = ChatTemplate.of(
                "{#- tools, tool_calls -#}tools: {% for m in messages %}{{ m['content'] }}{% endfor %}", TOKENS);
        assertThatThrownBy(() -> template.requireVariables(Set.of("tools")))
                .hasMessage("the chat template does not know 'tools'");
        template.requireVariables(Set.of("content"));
    }

    @Test
    void templateIsFoundWhereTransformersPutsIt() throws IOException {
        assertThat(ChatTemplate.read(folder)).isEmpty();
        Path config = folder.resolve("tokenizer_config.json");
        Files.writeString(
                config, "{\"bos_token\":{\"content\":\"<b>\"},\"chat_template\":\"{{ bos_token }}{{ eos_token }}!\"}");
        assertThat(ChatTemplate.read(folder).orElseThrow().render(HELLO, true, NOW))
                .isEqualTo("<b>!");
        Path map = folder.resolve("special_tokens_map.json");
        Files.writeString(map, "{\"bos_token\":\"<m>\",\"eos_token\":\"</m>\"}");
        assertThat(ChatTemplate.read(folder).orElseThrow().render(HELLO, true, NOW))
                .isEqualTo("<m></m>!");
        Files.writeString(
                config,
                "{\"added_tokens_decoder\":{},\"bos_token\":\"<b>\",\"chat_template\":\"{{ bos_token }}{{ eos_token }}!\"}");
        assertThat(ChatTemplate.read(folder).orElseThrow().render(HELLO, true, NOW))
                .isEqualTo("<b>!");
        Files.writeString(
                config,
                "{\"chat_template\":[{\"name\":\"tool_use\",\"template\":\"t\"},{\"name\":\"default\",\"template\":\"d\"}]}");
        assertThat(ChatTemplate.read(folder).orElseThrow().render(HELLO, true, NOW))
                .isEqualTo("d");
        Files.writeString(folder.resolve("chat_template.jinja"), "file");
        assertThat(ChatTemplate.read(folder).orElseThrow().render(HELLO, true, NOW))
                .isEqualTo("file");
        Files.writeString(folder.resolve("chat_template.jinja"), "{% if %}");
        assertThatThrownBy(() -> ChatTemplate.read(folder))
                .hasMessageStartingWith("the chat template in " + folder + ": line 1: ");
    }
}
