package io.counterflow.imports.completions;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import io.counterflow.schemas.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads by whom, with which settings and how far the completions of a line were sampled. Without state. */
final class SampleSettings {

    /** Settings that a record has no place for, with the values at which they change nothing. */
    private static final Map<String, List<Double>> NEUTRAL = Map.of(
            "min_p", List.of(0.0),
            "typical_p", List.of(1.0),
            "presence_penalty", List.of(0.0),
            "frequency_penalty", List.of(0.0),
            "min_tokens", List.of(0.0));

    private SampleSettings() {}

    static OptionalLong policyVersion(SampleColumns columns, int i, int completions) throws BadLineException {
        Optional<JsonNode> given = columns.single(SampleField.POLICY_VERSION, i, completions);
        if (given.isEmpty()) {
            return OptionalLong.empty();
        }
        JsonNode value = given.get();
        boolean text = value.isTextual() && value.textValue().matches("\\d{1,18}");
        if (!text && (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0)) {
            throw new BadLineException("the policy version is " + JsonLinesFile.abbreviated(value)
                    + "; it is a number of optimizer steps, 0 or more");
        }
        return OptionalLong.of(text ? Long.parseLong(value.textValue()) : value.longValue());
    }

    static String policySha256(SampleColumns columns, int i, int completions) throws BadLineException {
        Optional<JsonNode> given = columns.single(SampleField.POLICY_SHA256, i, completions);
        if (given.isEmpty()) {
            return "";
        }
        if (!given.get().asText().matches("[0-9a-f]{64}")) {
            throw new BadLineException("the policy's hash is " + JsonLinesFile.abbreviated(given.get())
                    + "; a SHA-256 has 64 hexadecimal digits in lower case");
        }
        return given.get().asText();
    }

    static Optional<FinishReason> finishReason(SampleColumns columns, int i, int completions) throws BadLineException {
        Optional<JsonNode> given = columns.single(SampleField.FINISH_REASON, i, completions);
        if (given.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                switch (given.get().asText()) {
                    case "stop", "STOP", "eos", "eos_token", "end_turn", "tool_calls", "function_call" ->
                        FinishReason.STOP;
                    case "length", "LENGTH", "max_tokens", "max_length" -> FinishReason.LENGTH;
                    case "STOP_STRING", "stop_string", "stop_sequence" -> FinishReason.STOP_STRING;
                    default ->
                        throw new BadLineException("the finish reason " + JsonLinesFile.abbreviated(given.get())
                                + " is none of a completion that ended: stop, length, stop_string");
                });
    }

    static ImportedSample.Settings of(SampleColumns columns, int i, int completions) throws BadLineException {
        ImportedSample.Settings none = ImportedSample.UNKNOWN.sampling();
        List<JsonNode> objects = new ArrayList<>();
        Optional<JsonNode> object = columns.single(SampleField.SAMPLING, i, completions);
        if (object.isPresent()) {
            if (!object.get().isObject()) {
                throw new BadLineException(
                        "the sampling settings are no object, but " + JsonLinesFile.abbreviated(object.get()));
            }
            refuseWhatHasNoPlace(object.get());
            objects.add(object.get());
        }
        double temperature =
                number(columns, SampleField.TEMPERATURE, i, completions, objects, none.temperature(), 0, 100);
        double topP = number(columns, SampleField.TOP_P, i, completions, objects, none.topP(), 0, 1);
        double penalty = number(
                columns, SampleField.REPETITION_PENALTY, i, completions, objects, none.repetitionPenalty(), 0, 100);
        // vLLM and SGLang write -1 for no limit.
        long topK = Math.max(0, whole(columns, SampleField.TOP_K, i, completions, objects, -1, Integer.MAX_VALUE));
        long maxTokens = whole(columns, SampleField.MAX_TOKENS, i, completions, objects, 0, Integer.MAX_VALUE);
        long seed = whole(columns, SampleField.SEED, i, completions, objects, Long.MIN_VALUE, Long.MAX_VALUE);
        return new ImportedSample.Settings(temperature, (int) topK, topP, penalty, (int) maxTokens, seed);
    }

    private static void refuseWhatHasNoPlace(JsonNode object) throws BadLineException {
        for (Map.Entry<String, List<Double>> setting : NEUTRAL.entrySet()) {
            JsonNode value = object.path(setting.getKey());
            if (value.isNumber() && !setting.getValue().contains(value.doubleValue())) {
                throw new BadLineException(
                        "sampled with %s %s, which a record has no place for; --column sampling= takes the settings for metadata"
                                .formatted(setting.getKey(), JsonLinesFile.abbreviated(value)));
            }
        }
    }

    private static Optional<JsonNode> value(
            SampleColumns columns, SampleField field, int i, int completions, List<JsonNode> objects)
            throws BadLineException {
        Optional<JsonNode> own = columns.single(field, i, completions);
        if (own.isPresent()) {
            return own;
        }
        for (JsonNode object : objects) {
            for (String name : field.columns()) {
                if (object.hasNonNull(name)) {
                    return Optional.of(object.get(name));
                }
            }
        }
        return Optional.empty();
    }

    private static double number(
            SampleColumns columns,
            SampleField field,
            int i,
            int completions,
            List<JsonNode> objects,
            double otherwise,
            double least,
            double most)
            throws BadLineException {
        Optional<JsonNode> given = value(columns, field, i, completions, objects);
        if (given.isEmpty()) {
            return otherwise;
        }
        double value = given.get().isNumber() ? given.get().doubleValue() : Double.NaN;
        if (!(value >= least && value <= most)) {
            throw new BadLineException("%s is %s; it is a number from %s to %s"
                    .formatted(field.label(), JsonLinesFile.abbreviated(given.get()), least, most));
        }
        return value;
    }

    private static long whole(
            SampleColumns columns,
            SampleField field,
            int i,
            int completions,
            List<JsonNode> objects,
            long least,
            long most)
            throws BadLineException {
        Optional<JsonNode> given = value(columns, field, i, completions, objects);
        if (given.isEmpty()) {
            return 0;
        }
        JsonNode value = given.get();
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < least
                || value.longValue() > most) {
            throw new BadLineException("%s is %s; it is a whole number of at least %d"
                    .formatted(field.label(), JsonLinesFile.abbreviated(value), least));
        }
        return value.longValue();
    }
}
