package io.counterflow.model.tokenizer.chat;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.json.JsonFault;
import io.counterflow.model.tokenizer.SpecialTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The chat template of a tokenizer: how a conversation was spelled in the text that the model was trained on.
 *
 * <p>The rendered text holds the special tokens that belong to it, so it is encoded without adding any. Safe for use by several
 * threads.
 */
public final class ChatTemplate {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Keys of messages that are part of what is said, or of whether it is learned: without them a conversation is another. */
    private static final List<String> SPOKEN = List.of(
            "tool_calls",
            "function_call",
            "reasoning_content",
            "reasoning",
            "thinking",
            "refusal",
            "audio",
            "images",
            "image",
            "videos",
            "tools",
            "documents",
            "prefix",
            "weight",
            "train");

    private final String source;
    private final List<Statement> statements;
    private final Map<String, String> specialTokens;

    private ChatTemplate(String source, List<Statement> statements, Map<String, String> specialTokens) {
        this.source = source;
        this.statements = statements;
        this.specialTokens = Map.copyOf(specialTokens);
    }

    /**
     * A template.
     *
     * @param source in Jinja
     * @param specialTokens what the template knows as {@code bos_token}, {@code eos_token} and so on
     * @throws ChatTemplateException if it is not valid, or uses something that is not supported
     */
    public static ChatTemplate of(String source, Map<String, String> specialTokens) {
        return new ChatTemplate(source, TemplateParser.parse(requireNonNull(source, "source is null")), specialTokens);
    }

    /**
     * The template of a checkpoint: {@code chat_template.jinja}, or the entry {@code chat_template} of
     * {@code tokenizer_config.json}, where it may be one of several named ones ({@code default} is taken).
     *
     * @param folder of the checkpoint
     * @return empty if the checkpoint has none
     * @throws ChatTemplateException if it is not valid, or uses something that is not supported
     */
    public static Optional<ChatTemplate> read(Path folder) {
        JsonNode config = json(folder.resolve("tokenizer_config.json"));
        Map<String, String> specialTokens = SpecialTokens.read(folder);
        Path file = folder.resolve("chat_template.jinja");
        try {
            Optional<String> source = Files.exists(file) ? Optional.of(Files.readString(file)) : source(config);
            return source.map(s -> of(s, specialTokens));
        } catch (IOException e) {
            throw new ChatTemplateException("cannot read %s: %s".formatted(file, e), e);
        } catch (ChatTemplateException e) {
            throw new ChatTemplateException("the chat template in %s: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static Optional<String> source(JsonNode config) {
        JsonNode template = config.path("chat_template");
        if (template.isTextual()) {
            return Optional.of(template.asText());
        }
        for (JsonNode named : template) {
            if (named.path("name").asText().equals("default")) {
                return Optional.of(named.path("template").asText());
            }
        }
        return Optional.empty();
    }

    private static JsonNode json(Path file) {
        if (!Files.exists(file)) {
            return MAPPER.createObjectNode();
        }
        try {
            return MAPPER.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            throw new ChatTemplateException("%s is not valid JSON: %s".formatted(file, JsonFault.describe(e)), e);
        } catch (IOException e) {
            throw new ChatTemplateException("cannot read %s: %s".formatted(file, e), e);
        }
    }

    /**
     * Spells messages.
     *
     * @param addGenerationPrompt whether the text ends where the assistant's next turn begins
     * @param now what templates that tell the date tell
     * @throws ChatTemplateException if the template refuses the messages or fails
     */
    public String render(List<ChatMessage> messages, boolean addGenerationPrompt, ZonedDateTime now) {
        return render(Conversation.of(messages), addGenerationPrompt, now);
    }

    /**
     * As {@link #render(List, boolean, ZonedDateTime)}, with everything that a conversation has.
     *
     * @throws ChatTemplateException also where the conversation has something that changes what is said, such as tools, and the template never mentions it
     */
    public String render(Conversation conversation, boolean addGenerationPrompt, ZonedDateTime now) {
        requireMentioned(conversation);
        Scope scope = new Scope(null);
        Builtins.functions(now).forEach(scope::set);
        specialTokens.forEach(scope::set);
        scope.set("tools", null);
        scope.set("documents", null);
        conversation.variables().forEach((name, value) -> scope.set(name, TemplateValues.of(value)));
        List<Object> turns = new ArrayList<>();
        conversation.messages().forEach(message -> turns.add(TemplateValues.of(message.json())));
        scope.set("messages", turns);
        scope.set("add_generation_prompt", addGenerationPrompt);
        // What a template assigns stays in a scope of its own.
        return new Renderer().render(statements, new Scope(scope));
    }

    /** A name that the source does not have in it, the template cannot render. */
    private boolean mentions(String name) {
        return Pattern.compile("\\b" + Pattern.quote(name) + "\\b")
                .matcher(source)
                .find();
    }

    /** @throws ChatTemplateException if it does not mention one of these variables */
    public void requireVariables(Set<String> names) {
        for (String name : names) {
            if (!mentions(name)) {
                throw new ChatTemplateException("the chat template does not know '" + name + "'");
            }
        }
    }

    private void requireMentioned(Conversation conversation) {
        requireVariables(conversation.variables().keySet());
        int number = 0;
        for (ChatMessage message : conversation.messages()) {
            number++;
            for (String key : SPOKEN) {
                if (ChatMessage.says(message.value(key)) && !mentions(key)) {
                    throw new ChatTemplateException(
                            "message %d has '%s', which the chat template does not know".formatted(number, key));
                }
            }
        }
    }
}
