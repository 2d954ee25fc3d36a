package io.counterflow.scorer.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import io.counterflow.scorer.exchange.Conversations;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Examples out of JSON objects. What is none is an {@link IllegalArgumentException} that says why. */
final class ExampleLines {

    /** A text, or the conversation that it was joined from. */
    private record Said(String text, List<Turn> turns) {}

    private ExampleLines() {}

    /**
     * A preference pair as TRL's data sets have it: {@code prompt}, {@code chosen} and {@code rejected}, each a text or an array of
     * messages {@code {role, content}} or {@code {from, value}}. Without {@code prompt}, it is what both completions begin with.
     */
    static PreferencePair pair(JsonNode line) {
        Said chosen = said(line, "chosen");
        Said rejected = said(line, "rejected");
        if (line.hasNonNull("prompt")) {
            Said prompt = said(line, "prompt");
            return new PreferencePair(prompt.text, prompt.turns, last(chosen), last(rejected), variables(line, prompt));
        }
        if (chosen.turns.isEmpty() != rejected.turns.isEmpty()) {
            throw new IllegalArgumentException("one of 'chosen' and 'rejected' is a text, the other is messages");
        }
        if (!chosen.turns.isEmpty()) {
            List<Turn> before = chosen.turns.subList(0, chosen.turns.size() - 1);
            if (!before.equals(rejected.turns.subList(0, rejected.turns.size() - 1))) {
                throw new IllegalArgumentException("'chosen' and 'rejected' differ before their last message");
            }
            return new PreferencePair(joined(before), before, last(chosen), last(rejected), variables(line, chosen));
        }
        int common = commonWords(chosen.text, rejected.text);
        return new PreferencePair(
                chosen.text.substring(0, common),
                List.of(),
                chosen.text.substring(common),
                rejected.text.substring(common));
    }

    /** A labelled text: {@code text}, or {@code prompt} and {@code completion}, with {@code label}, a text, number or truth value. */
    static LabelledText labelled(JsonNode line) {
        JsonNode label = line.path("label");
        if (!label.isValueNode() || label.isNull() || label.asText().isBlank()) {
            throw new IllegalArgumentException("no 'label', which is a text or a number");
        }
        if (line.hasNonNull("completion")) {
            Said prompt = line.hasNonNull("prompt") ? said(line, "prompt") : new Said("", List.of());
            return new LabelledText(
                    prompt.text, prompt.turns, last(said(line, "completion")), label.asText(), variables(line, prompt));
        }
        return new LabelledText("", List.of(), text(line, "text"), label.asText());
    }

    /**
     * A pair of premise and hypothesis with its label; {@code sentence1}, {@code sentence2} and {@code gold_label} in the files that the authors of SNLI
     * and MultiNLI distribute.
     */
    static NliPair nli(JsonNode line) {
        boolean original = line.has("sentence1") && line.has("gold_label");
        String premise = text(line, original ? "sentence1" : "premise");
        String hypothesis = text(line, original ? "sentence2" : "hypothesis");
        JsonNode label = line.path(original ? "gold_label" : "label");
        NliLabel read = (label.isTextual() || label.isInt()
                        ? NliLabel.read(label.asText())
                        : Optional.<NliLabel>empty())
                .orElseThrow(() -> new IllegalArgumentException(
                        "'" + (original ? "gold_label" : "label") + "' is " + shortened(label)
                                + "; it must be entailment, neutral or contradiction, or 0, 1 or 2 in this order"));
        return new NliPair(premise, hypothesis, read);
    }

    private static String text(JsonNode line, String key) {
        JsonNode value = line.path(key);
        if (!value.isTextual() || value.asText().isBlank()) {
            throw new IllegalArgumentException("'" + key + "' is "
                    + (value.isMissingNode() ? "missing" : shortened(value)) + "; it must be a text");
        }
        return value.asText();
    }

    private static Said said(JsonNode line, String key) {
        JsonNode value = line.path(key);
        if (!value.isArray()) {
            // Saying nothing is a completion, too: HH-RLHF has such pairs.
            return new Said(value.isTextual() ? value.asText() : text(line, key), List.of());
        }
        try {
            List<Turn> turns = Conversations.turns(Conversation.messages(key, value));
            return new Said(joined(turns), turns);
        } catch (ChatTemplateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** What a chat template is told beside messages; a text has none. */
    private static Map<String, String> variables(JsonNode line, Said conversation) {
        try {
            return conversation.turns.isEmpty() ? Map.of() : Conversations.variables(Conversation.variables(line));
        } catch (ChatTemplateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static String joined(List<Turn> turns) {
        return turns.stream().map(Turn::content).collect(Collectors.joining("\n"));
    }

    private static String last(Said said) {
        if (said.turns.isEmpty()) {
            return said.text;
        }
        ChatMessage last = Conversations.message(said.turns.get(said.turns.size() - 1));
        if (!last.furtherKeys().isEmpty()) {
            throw new IllegalArgumentException(
                    "the completion has " + String.join(", ", last.furtherKeys()) + "; it must be a text");
        }
        return last.text();
    }

    /** Length of what both begin with, back to the last white space, so that no word is divided. */
    private static int commonWords(String a, String b) {
        int common = 0;
        int most = Math.min(a.length(), b.length());
        while (common < most && a.charAt(common) == b.charAt(common)) {
            common++;
        }
        while (common > 0 && !Character.isWhitespace(a.charAt(common - 1))) {
            common--;
        }
        return common;
    }

    private static String shortened(JsonNode node) {
        String text = node.toString();
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }
}
