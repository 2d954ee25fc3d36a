package io.counterflow.producer.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.StrictJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The fields of an object, taken one by one and checked; {@link #requireNoMore} refuses those that nobody took. One thread. */
final class Fields {

    private final ObjectNode object;
    private final List<String> names;

    /** @param names that there are, for messages */
    Fields(ObjectNode object, List<String> names) {
        this.object = object;
        this.names = names;
    }

    /** @throws RefusedException where there is a field of another name */
    void requireNoMore() throws RefusedException {
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (!names.contains(field.getKey())) {
                throw new RefusedException(
                        RefusedException.BAD_REQUEST,
                        "unknown field '" + field.getKey() + "'; there are " + String.join(", ", names));
            }
        }
    }

    /** A value; null is none. */
    Optional<JsonNode> value(String name) {
        return Optional.ofNullable(object.get(name)).filter(value -> !value.isNull());
    }

    Optional<String> text(String name) throws RefusedException {
        Optional<JsonNode> value = value(name);
        if (value.isPresent() && !value.get().isTextual()) {
            throw wrong(name, value.get(), "a text");
        }
        return value.map(JsonNode::textValue).filter(text -> !text.isEmpty());
    }

    String requiredText(String name) throws RefusedException {
        return text(name)
                .orElseThrow(() -> new RefusedException(RefusedException.BAD_REQUEST, "'" + name + "' is missing"));
    }

    int wholeNumber(String name, int otherwise, int least, int most) throws RefusedException {
        Optional<JsonNode> value = value(name);
        if (value.isEmpty()) {
            return otherwise;
        }
        if (!value.get().isInt()
                || value.get().intValue() < least
                || value.get().intValue() > most) {
            throw wrong(name, value.get(), "a whole number from " + least + " to " + most);
        }
        return value.get().intValue();
    }

    Optional<Double> number(String name) throws RefusedException {
        Optional<JsonNode> value = value(name);
        if (value.isPresent()
                && (!value.get().isNumber() || !Double.isFinite(value.get().doubleValue()))) {
            throw wrong(name, value.get(), "a finite number");
        }
        return value.map(JsonNode::doubleValue);
    }

    Map<String, Double> numbers(String name) throws RefusedException {
        return entries(
                name,
                "an object of numbers",
                value -> value.isNumber() && Double.isFinite(value.doubleValue())
                        ? Optional.of(value.doubleValue())
                        : Optional.empty());
    }

    Map<String, String> texts(String name) throws RefusedException {
        return entries(
                name,
                "an object of texts",
                value -> value.isTextual() ? Optional.of(value.textValue()) : Optional.empty());
    }

    private <T> Map<String, T> entries(String name, String kind, Function<JsonNode, Optional<T>> read)
            throws RefusedException {
        Map<String, T> entries = new LinkedHashMap<>();
        Optional<JsonNode> value = value(name);
        if (value.isPresent()) {
            if (!value.get().isObject()) {
                throw wrong(name, value.get(), kind);
            }
            for (Map.Entry<String, JsonNode> entry : value.get().properties()) {
                entries.put(
                        entry.getKey(),
                        read.apply(entry.getValue())
                                .orElseThrow(() -> wrong(name + "." + entry.getKey(), entry.getValue(), kind)));
            }
        }
        return entries;
    }

    private static RefusedException wrong(String name, JsonNode value, String wanted) {
        return new RefusedException(
                RefusedException.BAD_REQUEST,
                "'" + name + "' is " + StrictJson.abbreviated(value) + "; it must be " + wanted);
    }
}
