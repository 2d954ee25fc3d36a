package io.counterflow.producer.completions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.producer.completions.ImportedGroup.Member;
import io.counterflow.producer.prompts.BadLineException;
import io.counterflow.producer.prompts.JsonLinesFile;
import io.counterflow.producer.prompts.PromptLineParser;
import io.counterflow.schemas.Prompt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes completions of one JSON object, in the forms that data sets on the Hugging Face hub have. Thread-safe. */
final class CompletionLineParser {

    static final String PREFERENCE = "preference";

    private static final List<String> COMPLETION_NAMES =
            List.of("completion", "completions", "response", "responses", "answer", "output");

    private final PromptLineParser prompts;
    private final CompletionColumns columns;

    CompletionLineParser(PromptLineParser prompts, CompletionColumns columns) {
        this.prompts = prompts;
        this.columns = columns;
    }

    /** A prompt with a completion or several; a conversation's last turn is the completion where there is no such column. */
    ImportedGroup completions(ObjectNode line) throws BadLineException {
        ObjectNode rest = line.deepCopy();
        Map<String, JsonNode> scores = new LinkedHashMap<>();
        for (Map.Entry<String, String> column : columns.scores().entrySet()) {
            JsonNode value = rest.remove(column.getValue());
            if (value == null || value.isNull()) {
                throw new BadLineException("no column " + column.getValue() + " for the scores of " + column.getKey());
            }
            scores.put(column.getKey(), value);
        }
        List<String> names = columns.completion() == null ? COMPLETION_NAMES : List.of(columns.completion());
        for (String name : names) {
            if (rest.hasNonNull(name)) {
                JsonNode value = rest.remove(name);
                List<String> texts = texts(name, value);
                return new ImportedGroup(prompts.parse(rest), members(texts, scores));
            }
        }
        if (columns.completion() == null && line.path("messages").isArray()) {
            Prompt prompt = prompts.parse(rest);
            Map<String, String> metadata = new HashMap<>(prompt.getMetadata());
            String reply = metadata.remove("reference");
            if (reply != null) {
                return new ImportedGroup(withMetadata(prompt, metadata), members(List.of(reply), scores));
            }
            throw new BadLineException("'messages' does not end with the assistant's words");
        }
        List<String> present = new ArrayList<>();
        line.fieldNames().forEachRemaining(present::add);
        throw new BadLineException("no column " + String.join(" or ", names) + ", only " + present);
    }

    private static Prompt withMetadata(Prompt prompt, Map<String, String> metadata) {
        return Prompt.newBuilder()
                .setPromptId(prompt.getPromptId())
                .setTask(prompt.getTask())
                .setSplit(prompt.getSplit())
                .setText(prompt.getText())
                .setMessages(prompt.getMessages())
                .setTemplateVariables(prompt.getTemplateVariables())
                .setMetadata(metadata)
                .setCreatedAt(prompt.getCreatedAt())
                .build();
    }

    /** The better and the worse completion of a prompt, which may be a column, or what two conversations have in common. */
    ImportedGroup preference(ObjectNode line) throws BadLineException {
        ObjectNode rest = line.deepCopy();
        JsonNode chosen = required(rest, "chosen");
        JsonNode rejected = required(rest, "rejected");
        if (!hasPrompt(rest) && chosen.isArray() && rejected.isArray()) {
            if (chosen.isEmpty() || !withoutLast(chosen).equals(withoutLast(rejected))) {
                throw new BadLineException("'chosen' and 'rejected' do not begin with the same conversation");
            }
            rest.set("prompt", withoutLast(chosen));
        }
        String better = one("chosen", chosen);
        String worse = one("rejected", rejected);
        if (better.equals(worse)) {
            throw new BadLineException("'chosen' and 'rejected' say the same");
        }
        return new ImportedGroup(
                prompts.parse(rest),
                List.of(new Member(better, Map.of(PREFERENCE, 1.0)), new Member(worse, Map.of(PREFERENCE, -1.0))));
    }

    private boolean hasPrompt(ObjectNode line) {
        return columns.prompt().prompt() != null ? line.has(columns.prompt().prompt()) : line.hasNonNull("prompt");
    }

    private static ArrayNode withoutLast(JsonNode conversation) {
        ArrayNode copy = conversation.deepCopy();
        copy.remove(copy.size() - 1);
        return copy;
    }

    private static JsonNode required(ObjectNode line, String column) throws BadLineException {
        JsonNode value = line.remove(column);
        if (value == null || value.isNull()) {
            throw new BadLineException("no column " + column);
        }
        return value;
    }

    private static String one(String column, JsonNode value) throws BadLineException {
        List<String> texts = texts(column, value);
        if (texts.size() != 1) {
            throw new BadLineException("'" + column + "' has " + texts.size() + " completions, not one");
        }
        return texts.get(0);
    }

    /** A text; an array of texts; or a conversation, of which the last turn counts. */
    private static List<String> texts(String column, JsonNode value) throws BadLineException {
        List<String> texts = new ArrayList<>();
        if (value.isTextual()) {
            texts.add(value.asText());
        } else if (value.isArray() && !value.isEmpty() && value.get(0).isObject()) {
            texts.add(reply(column, value));
        } else if (value.isArray()) {
            for (JsonNode each : value) {
                if (!each.isTextual()) {
                    throw new BadLineException(
                            "'" + column + "' holds " + JsonLinesFile.abbreviated(each) + ", which is no text");
                }
                texts.add(each.asText());
            }
        } else {
            throw new BadLineException("'" + column + "' is no text, but " + JsonLinesFile.abbreviated(value));
        }
        if (texts.isEmpty() || texts.stream().allMatch(String::isBlank)) {
            throw new BadLineException("'" + column + "' is empty");
        }
        return texts;
    }

    /** What the last turn says: a text, since a completion is one. */
    private static String reply(String column, JsonNode turns) throws BadLineException {
        ChatMessage last;
        try {
            List<ChatMessage> messages = Conversation.messages(column, turns);
            last = messages.get(messages.size() - 1);
        } catch (ChatTemplateException e) {
            throw new BadLineException(e.getMessage());
        }
        if (!last.furtherKeys().isEmpty()) {
            throw new BadLineException("the last turn of '" + column + "' has " + String.join(", ", last.furtherKeys())
                    + "; a completion is a text");
        }
        return last.text();
    }

    private static List<Member> members(List<String> texts, Map<String, JsonNode> scores) throws BadLineException {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            Map<String, Double> own = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> score : scores.entrySet()) {
                JsonNode value = score.getValue().isArray()
                        ? score.getValue().path(i)
                        : texts.size() == 1
                                ? score.getValue()
                                : score.getValue().path(0);
                if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
                    throw new BadLineException("the score of " + score.getKey() + " for completion " + (i + 1)
                            + " is no number, but " + JsonLinesFile.abbreviated(value));
                }
                own.put(score.getKey(), value.asDouble());
            }
            members.add(new Member(texts.get(i), own));
        }
        return members;
    }
}
