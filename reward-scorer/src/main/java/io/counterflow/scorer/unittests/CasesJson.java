package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.scorer.unittests.Tests.Call;
import io.counterflow.scorer.unittests.Tests.Case;
import io.counterflow.scorer.unittests.Tests.InputOutput;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads cases from JSON: a list of {@code {"stdin", "stdout"}} and {@code {"call", "arguments", "keywords", "expected" or
 * "raises"}}, each with an optional {@code "tolerance"} and for calls {@code "unordered"}; LiveCodeBench's list of {@code {"input", "output", "testtype"}}; and the
 * object of columns of APPS, TACO and CodeContests, {@code {"inputs", "outputs", "fn_name"}}.
 */
final class CasesJson {

    private static final double DEFAULT_TOLERANCE = 1e-6;
    private static final Set<String> STDIO = Set.of("stdin", "stdout", "tolerance");
    private static final Set<String> CALL =
            Set.of("call", "arguments", "keywords", "expected", "raises", "tolerance", "unordered");
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
            .enable(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private CasesJson() {}

    static List<Case> read(JsonNode json, Map<String, String> metadata) {
        List<Case> cases = new ArrayList<>();
        if (json.isObject()) {
            columns(json, metadata, cases);
        } else {
            for (JsonNode one : json) {
                try {
                    cases.add(one.has("input") ? liveCodeBench(one, metadata) : one(one));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException("case " + (cases.size() + 1) + ": " + e.getMessage(), e);
                }
            }
        }
        return cases;
    }

    private static Case one(JsonNode one) {
        if (one.has("call")) {
            known(one, CALL);
            List<JsonNode> arguments = new ArrayList<>();
            JsonNode given = one.path("arguments");
            if (!given.isArray() && !given.isMissingNode()) {
                throw new IllegalArgumentException("'arguments' must be a list, not " + shown(given));
            }
            given.forEach(arguments::add);
            Map<String, JsonNode> keywords = new LinkedHashMap<>();
            one.path("keywords").properties().forEach(field -> keywords.put(field.getKey(), field.getValue()));
            return new Call(
                    text(one, "call"),
                    arguments,
                    keywords,
                    Optional.ofNullable(one.get("expected")),
                    Optional.ofNullable(one.get("raises")).map(name -> text(one, "raises")),
                    tolerance(one, DEFAULT_TOLERANCE),
                    unordered(one));
        }
        known(one, STDIO);
        return new InputOutput(text(one, "stdin"), text(one, "stdout"), tolerance(one, 0));
    }

    private static Case liveCodeBench(JsonNode one, Map<String, String> metadata) {
        if (!one.path("testtype").asText("stdin").equals("functional")) {
            return new InputOutput(text(one, "input"), text(one, "output"), 0);
        }
        return call(
                function(metadata.get("func_name"), metadata), lines(text(one, "input")), parsed(text(one, "output")));
    }

    private static void columns(JsonNode json, Map<String, String> metadata, List<Case> cases) {
        JsonNode inputs = json.has("inputs") ? json.get("inputs") : json.path("input");
        JsonNode outputs = json.has("outputs") ? json.get("outputs") : json.path("output");
        if (!inputs.isArray() || !outputs.isArray() || inputs.size() != outputs.size()) {
            throw new IllegalArgumentException("'inputs' and 'outputs' must be lists of the same length");
        }
        String function = json.path("fn_name").asText("");
        for (int i = 0; i < inputs.size(); i++) {
            JsonNode in = inputs.get(i);
            JsonNode out = outputs.get(i);
            if (function.isEmpty()) {
                cases.add(new InputOutput(joined(in), joined(out), 0));
                continue;
            }
            List<JsonNode> arguments = in.isTextual() ? lines(in.asText()) : new ArrayList<>();
            if (in.isArray()) {
                in.forEach(arguments::add);
            }
            // APPS wraps what a function returns in a list of one.
            JsonNode expected =
                    out.isTextual() ? parsed(out.asText()) : out.isArray() && out.size() == 1 ? out.get(0) : out;
            cases.add(call(function(function, metadata), arguments, expected));
        }
    }

    private static Call call(String function, List<JsonNode> arguments, JsonNode expected) {
        return new Call(
                function, arguments, Map.of(), Optional.of(expected), Optional.empty(), DEFAULT_TOLERANCE, false);
    }

    private static String function(String name, Map<String, String> metadata) {
        String known = name != null ? name : metadata.get("entry_point");
        if (known == null || known.isBlank()) {
            throw new IllegalArgumentException("a functional case needs the metadata 'func_name' or 'entry_point'");
        }
        return known;
    }

    private static List<JsonNode> lines(String text) {
        return new ArrayList<>(text.lines()
                .filter(line -> !line.isBlank())
                .map(CasesJson::parsed)
                .toList());
    }

    private static JsonNode parsed(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("an argument or result is not JSON: " + text.strip(), e);
        }
    }

    /** Text, or lines given as a list. */
    private static String joined(JsonNode node) {
        if (node.isTextual()) {
            return node.asText();
        }
        List<String> lines = new ArrayList<>();
        node.forEach(line -> lines.add(line.asText()));
        return String.join("\n", lines);
    }

    private static double tolerance(JsonNode one, double usual) {
        JsonNode given = one.path("tolerance");
        if (given.isMissingNode()) {
            return usual;
        }
        if (!given.isNumber() || given.asDouble() < 0) {
            throw new IllegalArgumentException("'tolerance' must be a number of at least 0, not " + shown(given));
        }
        return given.asDouble();
    }

    private static boolean unordered(JsonNode one) {
        JsonNode given = one.path("unordered");
        if (!given.isMissingNode() && !given.isBoolean()) {
            throw new IllegalArgumentException("'unordered' must be true or false, not " + shown(given));
        }
        return given.asBoolean();
    }

    private static String text(JsonNode one, String name) {
        JsonNode value = one.path(name);
        if (!value.isTextual()) {
            throw new IllegalArgumentException("'" + name + "' must be a string, not " + shown(value));
        }
        return value.asText();
    }

    private static void known(JsonNode one, Set<String> names) {
        if (!one.isObject()) {
            throw new IllegalArgumentException("a case is an object, not " + shown(one));
        }
        for (Iterator<String> fields = one.fieldNames(); fields.hasNext(); ) {
            String field = fields.next();
            if (!names.contains(field)) {
                throw new IllegalArgumentException("unknown field '" + field + "'");
            }
        }
    }

    static String shown(JsonNode node) {
        String text = node.isMissingNode() ? "missing" : node.toString();
        return text.length() > 80 ? text.substring(0, 80) + "..." : text;
    }
}
