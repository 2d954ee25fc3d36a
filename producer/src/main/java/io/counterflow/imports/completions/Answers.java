package io.counterflow.imports.completions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.Conversation;
import java.util.ArrayList;
import java.util.List;

/**
 * Completions, and the turns before them where they are the end of a conversation.
 *
 * @param said of a completion of several turns, whose tokens are known, what each says
 * @param turns of a completion of several turns, whose tokens are not known
 */
record Answers(List<String> texts, ArrayNode before, List<String> said, List<ChatMessage> turns) {

    Answers(List<String> texts, ArrayNode before, List<String> said) {
        this(texts, before, said, List.of());
    }

    /**
     * A conversation from where the assistant first answers to its last words.
     *
     * @param answers whether it goes on from a prompt in another column, so that its first words may be the assistant's answer
     */
    static Answers everyTurn(String column, JsonNode value, boolean answers) throws BadLineException {
        List<ChatMessage> turns = turns(column, value);
        int from = answers ? 0 : 1;
        while (from < turns.size() && !turns.get(from).role().equals("assistant")) {
            from++;
        }
        int to = turns.size();
        while (to > from && !turns.get(to - 1).role().equals("assistant")) {
            to--;
        }
        if (from >= to) {
            throw new BadLineException("in '" + column + "' the assistant answers nothing");
        }
        ArrayNode before = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < from; i++) {
            before.add(value.get(i).deepCopy());
        }
        return new Answers(List.of(""), before, List.of(), List.copyOf(turns.subList(from, to)));
    }

    /** The only one that a column holds. */
    static Answers one(String column, JsonNode value) throws BadLineException {
        Answers answers = of(column, value, false);
        if (answers.texts().size() != 1) {
            throw new BadLineException("'" + column + "' has " + answers.texts().size() + " completions, not one");
        }
        return answers;
    }

    /** A text; an array of texts; or a conversation, of which the last turn counts. */
    private static Answers of(String column, JsonNode value, boolean exact) throws BadLineException {
        List<String> texts = new ArrayList<>();
        ArrayNode before = JsonNodeFactory.instance.arrayNode();
        if (value.isTextual()) {
            texts.add(value.asText());
        } else if (value.isArray() && !value.isEmpty() && value.get(0).isObject()) {
            List<ChatMessage> turns = turns(column, value);
            ChatMessage last = turns.get(turns.size() - 1);
            if (!last.role().equals("assistant")) {
                throw new BadLineException(
                        "'%s' does not end with the assistant's words: the last of its %d turns is by '%s'"
                                .formatted(column, turns.size(), last.role()));
            }
            if (!last.furtherKeys().isEmpty()) {
                throw new BadLineException("the last turn of '" + column + "' has "
                        + String.join(", ", last.furtherKeys()) + "; a completion is a text");
            }
            texts.add(last.text());
            before = value.deepCopy();
            before.remove(before.size() - 1);
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
        if (exact && !texts.isEmpty()) {
            return new Answers(texts, before, List.of());
        }
        if (texts.isEmpty() || texts.stream().allMatch(String::isBlank)) {
            throw new BadLineException("'" + column + "' is empty");
        }
        for (int i = 0; i < texts.size(); i++) {
            if (texts.get(i).isBlank()) {
                throw new BadLineException("completion " + (i + 1) + " of '" + column + "' is empty");
            }
        }
        return new Answers(texts, before, List.of());
    }

    /** The same of completions whose tokens may be known: several turns are one completion then, and so is one without a text. */
    static Answers of(String column, JsonNode value, SampleColumns samples) throws BadLineException {
        boolean conversation =
                value.isArray() && !value.isEmpty() && value.get(0).isObject();
        if (!samples.isExact() || !conversation) {
            return of(column, value, samples.isExact());
        }
        List<ChatMessage> turns = turns(column, value);
        int begin = 0;
        if (!turns.get(0).role().equals("assistant")) {
            begin = turns.size() - 1;
            for (int i = turns.size() - 1; i > 0; i--) {
                if (turns.get(i).role().equals("assistant") && (samples.isMasked() || i == turns.size() - 1)) {
                    begin = i;
                }
            }
        }
        List<String> said = new ArrayList<>();
        ArrayNode before = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < turns.size(); i++) {
            if (i < begin) {
                before.add(value.get(i).deepCopy());
            } else if (!turns.get(i).text().isBlank()) {
                said.add(turns.get(i).text());
            }
        }
        return new Answers(List.of(""), before, said);
    }

    /** The turns of a conversation. */
    static List<ChatMessage> turns(String column, JsonNode value) throws BadLineException {
        try {
            return Conversation.messages(column, value);
        } catch (ChatTemplateException e) {
            throw new BadLineException(e.getMessage());
        }
    }
}
