package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads tests from a prompt's metadata, in which lists and objects are JSON text. Besides {@code tests} and {@code cases} it knows
 * the columns of the usual data sets: HumanEval's {@code test} and {@code entry_point}, MBPP's {@code test_list} with {@code
 * test_setup_code}, APPS's and TACO's {@code input_output}, CodeContests' {@code inputs} and {@code outputs}, LiveCodeBench's
 * {@code testtype}.
 */
final class TestsMetadata {

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS);

    private static final List<String> CODE = List.of("tests", "test", "test_list");
    private static final List<String> CASES = List.of("cases", "input_output");

    private TestsMetadata() {}

    /**
     * The tests of a prompt.
     *
     * @throws IllegalArgumentException where there are none, or none that can be read, with a sentence that says why
     */
    static Tests of(Map<String, String> metadata) {
        Optional<String> code = firstOf(CODE, metadata);
        Optional<String> cases = firstOf(CASES, metadata);
        if (code.isPresent() && cases.isPresent()) {
            throw new IllegalArgumentException("the prompt's metadata has both '" + code.get() + "' and '" + cases.get()
                    + "'; a program is held against one of them");
        }
        try {
            if (cases.isPresent()) {
                JsonNode json = json(metadata.get(cases.get()))
                        .orElseThrow(() -> new IllegalArgumentException("it is not JSON"));
                return new Tests.Cases(CasesJson.read(json, metadata));
            }
            String name = code.orElseThrow(() -> new IllegalArgumentException("missing"));
            return code(metadata.get(name), metadata);
        } catch (IllegalArgumentException e) {
            String name = cases.or(() -> code).orElse("");
            throw new IllegalArgumentException(
                    name.isEmpty()
                            ? "the prompt's metadata has no 'tests' and no 'cases'"
                            : "the prompt's metadata '" + name + "' holds no test: " + e.getMessage(),
                    e);
        }
    }

    private static Tests code(String text, Map<String, String> metadata) {
        Optional<JsonNode> json = json(text);
        if (json.isPresent() && json.get().isObject()) {
            return new Tests.Cases(CasesJson.read(json.get(), metadata));
        }
        if (json.isPresent() && json.get().isArray()) {
            JsonNode list = json.get();
            if (!list.isEmpty() && list.get(0).isObject()) {
                return new Tests.Cases(CasesJson.read(list, metadata));
            }
            return new Tests.Statements(setup(metadata), strings(list));
        }
        String setup = setup(metadata);
        return new Tests.Source(
                setup.isEmpty() ? text : setup + "\n" + text,
                Optional.ofNullable(metadata.get("entry_point")).filter(name -> !name.isBlank()));
    }

    private static String setup(Map<String, String> metadata) {
        List<String> lines = new ArrayList<>();
        for (String name : List.of("test_imports", "test_setup_code")) {
            String text = metadata.getOrDefault(name, "");
            Optional<JsonNode> json = json(text);
            if (json.isPresent() && json.get().isArray()) {
                lines.addAll(strings(json.get()));
            } else if (!text.isBlank()) {
                lines.add(text);
            }
        }
        return String.join("\n", lines);
    }

    private static List<String> strings(JsonNode list) {
        List<String> strings = new ArrayList<>();
        for (JsonNode item : list) {
            if (!item.isTextual()) {
                throw new IllegalArgumentException(
                        "a list of tests holds strings, and this one " + CasesJson.shown(item));
            }
            strings.add(item.asText());
        }
        return strings;
    }

    /** The object or array that the text is, or nothing. */
    private static Optional<JsonNode> json(String text) {
        String stripped = text.strip();
        if (!stripped.startsWith("[") && !stripped.startsWith("{")) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readTree(stripped));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> firstOf(List<String> names, Map<String, String> metadata) {
        return names.stream()
                .filter(name -> !metadata.getOrDefault(name, "").isBlank())
                .findFirst();
    }
}
