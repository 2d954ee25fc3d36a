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

    private final Set<String> mentioned;
    private final List<Statement> statements;
    private final Map<String, String> specialTokens;
    // Which takes this one's place for conversations with tools.
    private final Optional<ChatTemplate> withTools;

    private ChatTemplate(
            Set<String> mentioned,
            List<Statement> statements,
            Map<String, String> specialTokens,
            Optional<ChatTemplate> withTools) {
        this.mentioned = mentioned;
        this.statements = statements;
        this.specialTokens = Map.copyOf(specialTokens);
        this.withTools = withTools;
    }

    /**
     * A template.
     *
     * @param source in Jinja
     * @param specialTokens what the template knows as {@code bos_token}, {@code eos_token} and so on
     * @throws ChatTemplateException if it is not valid, or uses something that is not supported
     */
    public static ChatTemplate of(String source, Map<String, String> specialTokens) {
        List<Statement> statements = TemplateParser.parse(requireNonNull(source, "source is null"));
        return new ChatTemplate(Segment.words(Segment.divide(source)), statements, specialTokens, Optional.empty());
    }

    /**
     * The template of a checkpoint: {@code chat_template.jinja} and those in {@code additional_chat_templates}, or the entry {@code chat_template} of
     * {@code tokenizer_config.json}, which may have several by name. Of several, {@code tool_use} spells conversations with tools, and {@code default} all
     * others.
     *
     * @param folder of the checkpoint
     * @return empty if the checkpoint has none
     * @throws ChatTemplateException if it is not valid, or uses something that is not supported, or if there are several and none is the default
     */
    public static Optional<ChatTemplate> read(Path folder) {
        Map<String, String> specialTokens = SpecialTokens.read(folder);
        try {
            Map<String, String> sources = NamedTemplates.read(folder, json(folder.resolve("tokenizer_config.json")));
            if (sources.isEmpty()) {
                return Optional.empty();
            }
            if (!sources.containsKey(NamedTemplates.DEFAULT)) {
                throw new ChatTemplateException("none is named default, only " + String.join(", ", sources.keySet()));
            }
            ChatTemplate standard = of(sources.get(NamedTemplates.DEFAULT), specialTokens);
            Optional<ChatTemplate> tools =
                    Optional.ofNullable(sources.get(NamedTemplates.TOOLS)).map(source -> of(source, specialTokens));
            return Optional.of(new ChatTemplate(standard.mentioned, standard.statements, specialTokens, tools));
        } catch (ChatTemplateException e) {
            throw new ChatTemplateException("the chat template in %s: %s".formatted(folder, e.getMessage()), e);
        }
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
        return spell(conversation, addGenerationPrompt, now).text();
    }

    /** The same, with what the template marks as the assistant's. */
    Spelled spell(Conversation conversation, boolean addGenerationPrompt, ZonedDateTime now) {
        if (withTools.isPresent() && conversation.variables().containsKey("tools")) {
            return withTools.get().spell(conversation, addGenerationPrompt, now);
        }
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
        return new Renderer().spell(statements, new Scope(scope));
    }

    /** @throws ChatTemplateException if it does not mention one of these variables */
    public void requireVariables(Set<String> names) {
        for (String name : names) {
            if (!mentioned.contains(name) && withTools.stream().noneMatch(tools -> tools.mentioned.contains(name))) {
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
                if (ChatMessage.says(message.value(key)) && !mentioned.contains(key)) {
                    throw new ChatTemplateException(
                            "message %d has '%s', which the chat template does not know".formatted(number, key));
                }
            }
        }
    }
}
