package io.counterflow.imports.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.Identifiers;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import io.counterflow.log.lines.StrictJson;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.producer.source.PromptConversation;
import io.counterflow.schemas.ChatMessage;
import io.counterflow.schemas.Prompt;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a prompt of one JSON object.
 *
 * <p>The prompt is a text, or an array of {@code {role, content}} or {@code {from, value}}, of which everything that a chat template may render is kept, with
 * the columns {@code tools}, {@code documents} and {@code chat_template_kwargs}. A conversation that ends with the assistant's words is cut before them, and they become the metadata's {@code reference}. {@code instruction} is
 * joined with {@code input} where both are there. The entries of {@code metadata} and all other columns become metadata;
 * what is not a text stays JSON, with its numbers as they are spelled. Thread-safe.
 */
public final class PromptLineParser {

    private static final String TRAIN = "train";
    private static final String HELD_OUT = "held-out";

    private final String task;
    private final Optional<String> split;
    private final PromptColumns columns;
    private final Instant createdAt;

    /** @param split of every prompt; where absent, a line's column {@code split} says it, or it is {@code train} */
    public PromptLineParser(String task, Optional<String> split, PromptColumns columns, Instant createdAt) {
        split.map(PromptLineParser::splitFault).ifPresent(fault -> {
            throw new IllegalArgumentException("the split " + fault);
        });
        if (task.isBlank()) {
            throw new IllegalArgumentException("the task has an empty name");
        }
        this.task = task;
        this.split = split;
        this.columns = columns;
        this.createdAt = createdAt;
    }

    /** @throws BadLineException where the line has no prompt */
    public Prompt parse(ObjectNode object) throws BadLineException {
        return parse(object, true);
    }

    /**
     * The same, where the prompt's conversation is the prompt as it stands: nothing of it is cut off.
     *
     * @throws BadLineException where the line has no prompt
     */
    public Prompt parseWhole(ObjectNode object) throws BadLineException {
        return parse(object, false);
    }

    private Prompt parse(ObjectNode object, boolean cutReply) throws BadLineException {
        String column = promptColumn(object, object);
        JsonNode value = object.get(column);
        Map<String, String> metadata = metadata(object, column);
        Prompt.Builder prompt = Prompt.newBuilder()
                .setTask(task)
                .setSplit(split.isPresent() ? split.get() : split(object))
                .setCreatedAt(createdAt);
        if (value.isTextual()) {
            String text = value.asText();
            if (column.equals("instruction") && !object.path("input").asText().isBlank()) {
                text = text + "\n\n" + object.get("input").asText();
            }
            if (text.isBlank()) {
                throw new BadLineException("'" + column + "' is empty");
            }
            prompt.setText(text).setPromptId(Identifiers.promptId(task, prompt.getSplit(), text));
        } else if (value.isArray()) {
            Conversation conversation = conversation(column, value, object, cutReply, metadata);
            List<ChatMessage> messages = PromptConversation.messages(conversation);
            Map<String, String> variables = PromptConversation.variables(conversation);
            prompt.setMessages(messages)
                    .setTemplateVariables(variables)
                    .setPromptId(Identifiers.promptId(task, prompt.getSplit(), messages, variables));
        } else {
            throw new BadLineException(
                    "'" + column + "' is neither a text nor chat messages, but " + JsonLinesFile.abbreviated(value));
        }
        return prompt.setMetadata(metadata).build();
    }

    /** What a line says of its part; without a word, or null, it is for training. */
    private static String split(ObjectNode object) throws BadLineException {
        JsonNode value = object.path("split");
        if (value.isMissingNode() || value.isNull()) {
            return TRAIN;
        }
        if (!value.isTextual()) {
            throw new BadLineException("'split' is " + JsonLinesFile.abbreviated(value) + "; it must be a text: train, "
                    + HELD_OUT + " or another name");
        }
        String fault = splitFault(value.textValue());
        if (fault != null) {
            throw new BadLineException("'split' " + fault);
        }
        return value.textValue();
    }

    /** What is wrong with a split's name; null where nothing is. A name that is nearly that of a known split is no other split. */
    private static String splitFault(String name) {
        if (name.isBlank()) {
            return "is empty; it must be a name: train, " + HELD_OUT + " or another";
        }
        String plain = name.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", "");
        for (String known : List.of(TRAIN, HELD_OUT)) {
            if (plain.equals(known.replace("-", "")) && !name.equals(known)) {
                return "is '" + name + "'; did you mean " + known + "?";
            }
        }
        return name.equals(name.strip()) ? null : "is '" + name + "', with white space around its name";
    }

    /**
     * The column that holds the prompt.
     *
     * @param object where it is looked for
     * @param line the whole line, for what is said
     * @throws BadLineException where there is none
     */
    public String promptColumn(ObjectNode object, ObjectNode line) throws BadLineException {
        List<String> names = columns.prompt() == null ? PromptColumns.PROMPT_NAMES : List.of(columns.prompt());
        for (String name : names) {
            if (object.hasNonNull(name)) {
                return name;
            }
        }
        throw new BadLineException(missing(names, line));
    }

    /** Says that a line has none of these columns, or which of them is null, and what it has. */
    public static String missing(List<String> names, ObjectNode line) {
        Optional<String> isNull = names.stream().filter(line::has).findFirst();
        List<String> present = new ArrayList<>();
        line.fieldNames().forEachRemaining(present::add);
        return isNull.filter(name -> line.get(name).isNull())
                .map(name -> "'" + name + "' is null")
                .orElse("no column " + String.join(" or ", names) + ", only " + present);
    }

    private Map<String, String> metadata(JsonNode object, String promptColumn) throws BadLineException {
        Set<String> used = new HashSet<>(Set.of(promptColumn, "metadata"));
        if (split.isEmpty()) {
            used.add("split");
        }
        if (promptColumn.equals("instruction")) {
            used.add("input");
        }
        Map<String, String> metadata = new HashMap<>();
        put(object, used, metadata);
        JsonNode given = object.path("metadata");
        if (given.isObject()) {
            put(given, Set.of(), metadata);
        } else if (!given.isMissingNode() && !given.isNull()) {
            throw new BadLineException("'metadata' is not an object, but " + JsonLinesFile.abbreviated(given));
        }
        for (Map.Entry<String, String> renamed : columns.columns().entrySet()) {
            String value = metadata.remove(renamed.getValue());
            if (value == null) {
                throw new BadLineException(
                        "no column " + renamed.getValue() + " for the metadata's " + renamed.getKey());
            }
            metadata.put(renamed.getKey(), value);
        }
        metadata.putAll(columns.metadata());
        return metadata;
    }

    private static void put(JsonNode object, Set<String> except, Map<String, String> metadata) {
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (!except.contains(field.getKey()) && !field.getValue().isNull()) {
                metadata.put(field.getKey(), StrictJson.text(field.getValue()));
            }
        }
    }

    private static Conversation conversation(
            String column, JsonNode array, JsonNode line, boolean cutReply, Map<String, String> metadata)
            throws BadLineException {
        try {
            Conversation conversation = Conversation.read(column, array, line);
            if (cutReply && conversation.last().role().equals("assistant")) {
                var reference = conversation.last();
                metadata.putIfAbsent(
                        "reference",
                        reference.isPlain()
                                ? reference.text()
                                : reference.json().toString());
                conversation = conversation.withoutLast();
            }
            if (conversation.messages().stream()
                    .allMatch(message ->
                            message.text().isBlank() && message.furtherKeys().isEmpty())) {
                throw new BadLineException("'" + column + "' says nothing before the assistant");
            }
            return conversation;
        } catch (ChatTemplateException e) {
            throw new BadLineException(e.getMessage());
        }
    }
}
