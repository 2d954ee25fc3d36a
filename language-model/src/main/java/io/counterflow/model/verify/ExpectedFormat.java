package io.counterflow.model.verify;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What an {@code expected.json} may hold: which keys, of which types, and of which lengths where one is counted by another. */
final class ExpectedFormat {

    /** A type of a value, and how it is called. */
    private enum Kind {
        TEXT("a text", JsonNode::isTextual),
        WHOLE("a whole number", ExpectedFormat::isWhole),
        NUMBER("a number", JsonNode::isNumber),
        IDS("a list of token ids", node -> all(node, ExpectedFormat::isWhole)),
        ID_ROWS("a list of token ids, or of such lists", node -> rows(node, ExpectedFormat::isWhole)),
        NUMBERS("a list of numbers", node -> all(node, JsonNode::isNumber)),
        NUMBER_ROWS("a list of numbers, or of such lists", node -> rows(node, JsonNode::isNumber)),
        TOP("a list of pairs of a token id and a number", node -> all(node, ExpectedFormat::isIdAndNumber)),
        NAMED_NUMBERS("an object of numbers", node -> node.isObject() && every(node, JsonNode::isNumber)),
        OBJECT("an object", JsonNode::isObject),
        OBJECTS("a list of objects", node -> all(node, JsonNode::isObject)),
        ANYTHING("anything", node -> true);

        private final String name;
        private final Predicate<JsonNode> matches;

        Kind(String name, Predicate<JsonNode> matches) {
            this.name = name;
            this.matches = matches;
        }
    }

    private static final Map<String, Kind> KEYS = Map.ofEntries(
            Map.entry("base", Kind.TEXT),
            Map.entry("input_ids", Kind.ID_ROWS),
            Map.entry("attention_mask", Kind.ID_ROWS),
            Map.entry("prompt_length", Kind.WHOLE),
            Map.entry("logits_last", Kind.NUMBER_ROWS),
            Map.entry("logits_last_top5", Kind.TOP),
            Map.entry("token_log_probs", Kind.NUMBER_ROWS),
            Map.entry("completion_log_prob", Kind.NUMBERS),
            Map.entry("greedy", Kind.IDS),
            Map.entry("greedy_ids", Kind.IDS),
            Map.entry("greedy_text", Kind.TEXT),
            Map.entry("prompt", Kind.TEXT),
            Map.entry("scores", Kind.NUMBER_ROWS),
            Map.entry("inputs", Kind.OBJECTS),
            Map.entry("logits", Kind.NUMBER_ROWS),
            Map.entry("mean_hidden", Kind.NUMBER_ROWS),
            Map.entry("copg", Kind.OBJECT),
            Map.entry("trainable_parameters", Kind.WHOLE),
            // What made the file, and what a file of a classifier may hold of its states and its training, which is not
            // compared.
            Map.entry("transformers", Kind.TEXT),
            Map.entry("torch", Kind.TEXT),
            Map.entry("peft", Kind.TEXT),
            Map.entry("hidden", Kind.ANYTHING),
            Map.entry("targets", Kind.ANYTHING),
            Map.entry("loss", Kind.NUMBER),
            Map.entry("gradient_norm", Kind.NUMBER),
            Map.entry("gradient_norms", Kind.NAMED_NUMBERS),
            Map.entry("gradients", Kind.OBJECT),
            Map.entry("step", Kind.OBJECT),
            Map.entry("logits_after_step", Kind.NUMBER_ROWS));

    private static final Map<String, Kind> COPG_KEYS = Map.of(
            "beta", Kind.NUMBER,
            "rewards", Kind.NUMBERS,
            "reference_scale", Kind.NUMBER,
            "reference_completion_log_prob", Kind.NUMBERS,
            "loss", Kind.NUMBER,
            "gradient_norm", Kind.NUMBER,
            "gradient_norms", Kind.NAMED_NUMBERS,
            "adamw", Kind.OBJECT,
            "loss_after_step", Kind.NUMBER);

    private static final Map<String, Kind> ADAMW_KEYS =
            Map.of("lr", Kind.NUMBER, "betas", Kind.NUMBERS, "eps", Kind.NUMBER, "weight_decay", Kind.NUMBER);

    private static final Map<String, Kind> INPUT_KEYS =
            Map.of("text", Kind.TEXT, "pair", Kind.TEXT, "tokens", Kind.IDS, "segments", Kind.IDS);

    // What is compared of the ids of a row.
    private static final List<String> OF_ROWS = List.of(
            "logits_last",
            "logits_last_top5",
            "token_log_probs",
            "completion_log_prob",
            "greedy",
            "greedy_ids",
            "prompt",
            "scores",
            "copg");
    private static final List<String> OF_COMPLETIONS = List.of("completion_log_prob", "greedy", "copg");

    private final Path file;

    private ExpectedFormat(Path file) {
        this.file = file;
    }

    /** @throws VerificationException with the first fault */
    static void check(Path file, JsonNode json) {
        new ExpectedFormat(file).check(json);
    }

    private void check(JsonNode json) {
        if (!json.isObject()) {
            throw fault("it is %s, not an object", shortened(json));
        }
        checkKeys("", json, KEYS);
        OF_ROWS.stream()
                .filter(json::hasNonNull)
                .findFirst()
                .ifPresent(key -> require(json, "input_ids", "which %s belongs to".formatted(key)));
        if (json.hasNonNull("input_ids")) {
            checkRows(json);
        }
        if (json.hasNonNull("greedy_text")) {
            require(json, "greedy_ids", "which greedy_text is the text of");
        }
        if (json.hasNonNull("copg")) {
            checkCopg(json);
        }
        if (json.hasNonNull("inputs")) {
            checkInputs(json.get("inputs"));
        }
        for (String key : List.of("logits", "mean_hidden")) {
            if (json.hasNonNull(key)) {
                require(json, "inputs", "which %s belong to".formatted(key));
                int rows = rowCount(json.get(key));
                if (rows != json.get("inputs").size()) {
                    throw fault(
                            "%s has %d rows for %d inputs",
                            key, rows, json.get("inputs").size());
                }
            }
        }
    }

    private void checkKeys(String parent, JsonNode object, Map<String, Kind> known) {
        object.properties().forEach(entry -> {
            String name = parent + entry.getKey();
            Kind kind = known.get(entry.getKey());
            if (kind == null) {
                throw fault(
                        "%s is no key that is known; known are %s",
                        name, String.join(", ", new TreeSet<>(known.keySet())));
            }
            if (!entry.getValue().isNull() && !kind.matches.test(entry.getValue())) {
                throw fault("%s is %s; it must be %s", name, shortened(entry.getValue()), kind.name);
            }
        });
    }

    private void checkRows(JsonNode json) {
        JsonNode ids = json.get("input_ids");
        int shortest = Integer.MAX_VALUE;
        for (int i = 0; i < rowCount(ids); i++) {
            shortest = Math.min(shortest, row(ids, i).size());
        }
        if (shortest < 1) {
            throw fault("input_ids has a row without a token");
        }
        for (String key : OF_COMPLETIONS) {
            if (json.hasNonNull(key)) {
                require(json, "prompt_length", "without which %s cannot be compared".formatted(key));
            }
        }
        if (json.hasNonNull("prompt_length")) {
            long prompt = json.get("prompt_length").asLong();
            if (prompt < 1 || prompt > shortest) {
                throw fault(
                        "prompt_length is %d; it must be from 1 to %d, the tokens of the shortest row",
                        prompt, shortest);
            }
        }
    }

    private void checkCopg(JsonNode json) {
        JsonNode copg = json.get("copg");
        checkKeys("copg.", copg, COPG_KEYS);
        for (String key : List.of("beta", "rewards", "loss")) {
            require(copg, key, "without which copg cannot be compared");
        }
        if (rowCount(json.get("input_ids")) < 2) {
            throw fault("copg is of a pair, but input_ids has %d row", rowCount(json.get("input_ids")));
        }
        requireSize(copg, "copg.", "rewards", 2);
        if (copg.hasNonNull("adamw")) {
            JsonNode adamW = copg.get("adamw");
            checkKeys("copg.adamw.", adamW, ADAMW_KEYS);
            requireSize(adamW, "copg.adamw.", "betas", 2);
        }
        if (copg.hasNonNull("loss_after_step")) {
            require(copg.path("adamw"), "lr", "in copg.adamw, without which loss_after_step cannot be computed");
        }
    }

    private void checkInputs(JsonNode inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            String name = "inputs[%d].".formatted(i);
            JsonNode input = inputs.get(i);
            checkKeys(name, input, INPUT_KEYS);
            for (String key : List.of("tokens", "segments")) {
                if (!input.hasNonNull(key) || input.get(key).isEmpty()) {
                    throw fault("%s%s is missing or empty", name, key);
                }
            }
            requireSize(input, name, "segments", input.get("tokens").size());
        }
        if (inputs.isEmpty()) {
            throw fault("inputs is empty");
        }
    }

    private void require(JsonNode object, String key, String why) {
        if (!object.hasNonNull(key)) {
            throw fault("there is no %s, %s", key, why);
        }
    }

    private void requireSize(JsonNode object, String parent, String key, int size) {
        if (object.hasNonNull(key) && object.get(key).size() != size) {
            throw fault(
                    "%s%s has %d values; it must have %d",
                    parent, key, object.get(key).size(), size);
        }
    }

    private VerificationException fault(String message, Object... values) {
        return new VerificationException(file + ": " + message.formatted(values));
    }

    /** A single row may stand without its brackets. */
    private static int rowCount(JsonNode rows) {
        return rows.path(0).isArray() ? rows.size() : 1;
    }

    private static JsonNode row(JsonNode rows, int place) {
        return rows.path(0).isArray() ? rows.get(place) : rows;
    }

    private static boolean isWhole(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToInt();
    }

    private static boolean isIdAndNumber(JsonNode node) {
        return node.isArray()
                && node.size() == 2
                && isWhole(node.get(0))
                && node.get(0).asInt() >= 0
                && node.get(1).isNumber();
    }

    private static boolean all(JsonNode node, Predicate<JsonNode> element) {
        return node.isArray() && every(node, element);
    }

    private static boolean rows(JsonNode node, Predicate<JsonNode> element) {
        return node.isArray()
                && (node.path(0).isArray() ? every(node, row -> all(row, element)) : every(node, element));
    }

    private static boolean every(JsonNode node, Predicate<JsonNode> element) {
        for (JsonNode value : node) {
            if (!element.test(value)) {
                return false;
            }
        }
        return true;
    }

    private static String shortened(JsonNode node) {
        String text = node.toString();
        return text.length() <= 60 ? text : text.substring(0, 59) + "…";
    }
}
