package io.counterflow.model.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.json.JsonFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The numbers of an {@code expected.json}. What is there is verified; which keys those are depends on the kind of
 * checkpoint; what may be there says {@link ExpectedFormat}.
 *
 * <ul>
 *   <li>{@code input_ids}: token ids, one row or several; with {@code attention_mask} where rows are padded
 *   <li>{@code prompt_length}: how many of them are the prompt
 *   <li>{@code logits_last}: logits after each row; {@code logits_last_top5}: id and logit of the five highest
 *   <li>{@code token_log_probs}: ln p of each token but the first; {@code completion_log_prob}: their sums over completions
 *   <li>{@code greedy}: the continuation of the first row's prompt; {@code greedy_ids}, {@code greedy_text}: of the whole row, and the text
 *       that they add to it, or that they are alone
 *   <li>{@code prompt}: text whose ids the row is
 *   <li>{@code scores}: of a reward model
 *   <li>{@code inputs}: of a classifier or an encoder, {@code tokens} and {@code segments} of each, and the {@code text} (and {@code
 *       pair}) that they are of; {@code logits} of each; {@code mean_hidden}, the mean of its last hidden states
 *   <li>{@code copg}: loss, gradient norms, and the loss after one step
 *   <li>{@code trainable_parameters}: of an adapter
 * </ul>
 */
final class ExpectedValues {
    static final String FILE_NAME = "expected.json";
    private static final ObjectMapper MAPPER = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    private final Path file;
    private final JsonNode json;

    private ExpectedValues(Path file, JsonNode json) {
        this.file = file;
        this.json = json;
    }

    static ExpectedValues read(Path folder) {
        Path file = folder.resolve(FILE_NAME);
        if (!Files.isRegularFile(file)) {
            throw new VerificationException(
                    "there is no %s in %s: nothing to compare with".formatted(FILE_NAME, folder));
        }
        try {
            JsonNode json = MAPPER.readTree(file.toFile());
            ExpectedFormat.check(file, json);
            return new ExpectedValues(file, json);
        } catch (JsonProcessingException e) {
            throw new VerificationException("%s is not valid JSON: %s".formatted(file, JsonFault.describe(e)), e);
        } catch (IOException e) {
            throw new VerificationException("cannot read %s: %s".formatted(file, e), e);
        }
    }

    boolean has(String key) {
        return json.hasNonNull(key);
    }

    String text(String key) {
        return json.path(key).asText();
    }

    int whole(String key) {
        return json.path(key).asInt();
    }

    /** The part of the file under a key. */
    ExpectedValues part(String key) {
        return new ExpectedValues(file, json.path(key));
    }

    /** The objects of a list under a key. */
    List<ExpectedValues> parts(String key) {
        List<ExpectedValues> parts = new ArrayList<>();
        json.path(key).forEach(part -> parts.add(new ExpectedValues(file, part)));
        return parts;
    }

    double number(String key) {
        return number(json.path(key), key);
    }

    int[] ids(String key) {
        return ids(json.path(key), key);
    }

    /** Rows of ids; a single row may stand without its brackets. */
    List<int[]> idRows(String key) {
        List<int[]> rows = new ArrayList<>();
        for (JsonNode row : rows(json.path(key))) {
            rows.add(ids(row, key));
        }
        return rows;
    }

    double[] numbers(String key) {
        return numbers(json.path(key), key);
    }

    /** Rows of numbers; a single row may stand without its brackets. */
    List<double[]> numberRows(String key) {
        List<double[]> rows = new ArrayList<>();
        for (JsonNode row : rows(json.path(key))) {
            rows.add(numbers(row, key));
        }
        return rows;
    }

    Map<String, Double> namedNumbers(String key) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        json.path(key).properties().forEach(e -> numbers.put(e.getKey(), number(e.getValue(), key)));
        return numbers;
    }

    private static Iterable<JsonNode> rows(JsonNode node) {
        return node.path(0).isArray() ? node : List.of(node);
    }

    private int[] ids(JsonNode node, String key) {
        int[] ids = new int[node.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!node.get(i).canConvertToInt() || !node.get(i).isIntegralNumber()) {
                throw new VerificationException(
                        "%s: %s holds %s, which is no token id".formatted(file, key, node.get(i)));
            }
            ids[i] = node.get(i).asInt();
        }
        return ids;
    }

    private double[] numbers(JsonNode node, String key) {
        double[] numbers = new double[node.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = number(node.get(i), key);
        }
        return numbers;
    }

    private double number(JsonNode node, String key) {
        if (!node.isNumber()) {
            throw new VerificationException("%s: %s is %s, which is no number".formatted(file, key, node));
        }
        return node.asDouble();
    }
}
