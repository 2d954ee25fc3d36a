package io.counterflow.cli.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.ClassUtil;
import io.counterflow.cli.config.Binding.Fault;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * Binds a tree to records and finds all faults at once: it goes down the records' components, notes unknown keys and values of the wrong kind, and
 * lets each record's constructor judge what is left. For one thread.
 */
final class Binder {

    private final ObjectMapper mapper;
    private final List<Fault> faults = new ArrayList<>();

    Binder(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /** Binds {@code node}, which stands at {@code pointer}. */
    static <T> Binding<T> bind(ObjectMapper mapper, JsonNode node, String pointer, Class<T> type) {
        Binder binder = new Binder(mapper);
        JsonNode left = binder.checked(node, pointer, mapper.constructType(type));
        Optional<T> value = Optional.empty();
        if (left != null) {
            try {
                value = Optional.ofNullable(mapper.treeToValue(left, type));
            } catch (JsonProcessingException | RuntimeException e) {
                binder.faults.add(new Fault(pointer, firstLine(e.getMessage())));
            }
        }
        return new Binding<>(value, binder.faults);
    }

    /** What of {@code node} can be bound; null where nothing can. Notes the faults of the rest. */
    private JsonNode checked(JsonNode node, String pointer, JavaType type) {
        if (node.isNull()) {
            return node;
        }
        if (type.getRawClass().isRecord() && node instanceof ObjectNode object) {
            return record(object, pointer, type.getRawClass());
        }
        if (node.isTextual() && isNumber(type.getRawClass()) && !YamlTree.isNumber(node.asText())) {
            // Jackson would take 010 for 10, and NaN for a number.
            faults.add(new Fault(
                    pointer,
                    dotted(pointer) + ": '" + node.asText() + "' is not "
                            + expected(
                                            ClassUtil.primitiveType(type.getRawClass()) == null
                                                    ? type.getRawClass()
                                                    : ClassUtil.primitiveType(type.getRawClass()))
                                    .orElseThrow()));
            return null;
        }
        if (type.isCollectionLikeType() && node instanceof ArrayNode array) {
            ArrayNode left = array.arrayNode();
            boolean whole = true;
            for (int i = 0; i < array.size(); i++) {
                if (array.get(i).isNull()) {
                    String at = pointer + "/" + i;
                    faults.add(new Fault(at, dotted(at) + ": is empty; '' is an empty text"));
                    return null;
                }
                JsonNode entry = checked(array.get(i), pointer + "/" + i, type.getContentType());
                whole &= entry != null;
                if (entry != null) {
                    left.add(entry);
                }
            }
            // A list of which a part is missing may mean something else.
            return whole ? constructed(left, pointer, type) : null;
        }
        if (type.isMapLikeType() && node instanceof ObjectNode object) {
            // A key without a value has its default.
            ObjectNode left = object.deepCopy();
            object.properties().stream().filter(e -> e.getValue().isNull()).forEach(e -> left.remove(e.getKey()));
            return constructed(left, pointer, type);
        }
        return constructed(node, pointer, type);
    }

    private JsonNode constructed(JsonNode node, String pointer, JavaType type) {
        try {
            mapper.readValue(mapper.treeAsTokens(node), type);
            return node;
        } catch (JsonMappingException e) {
            StringBuilder at = new StringBuilder(pointer);
            e.getPath().forEach(r -> at.append('/')
                    .append(
                            r.getFieldName() != null
                                    ? YamlTree.escaped(r.getFieldName())
                                    : String.valueOf(r.getIndex())));
            faults.add(new Fault(at.toString(), dotted(at.toString()) + ": " + reason(e)));
        } catch (IOException | RuntimeException e) {
            faults.add(new Fault(pointer, dotted(pointer) + ": " + firstLine(e.getMessage())));
        }
        return null;
    }

    private JsonNode record(ObjectNode object, String pointer, Class<?> type) {
        Map<String, RecordComponent> components =
                Arrays.stream(type.getRecordComponents()).collect(Collectors.toMap(RecordComponent::getName, c -> c));
        ObjectNode left = object.objectNode();
        // Keys that are not bound, and those that the user may have meant: what is said for want of them is no news.
        Set<String> aside = new HashSet<>();
        // Numbers too large for their type: what is judged in their place, and what was given.
        Map<String, String[]> replaced = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            String key = entry.getKey();
            String at = pointer + "/" + YamlTree.escaped(key);
            RecordComponent component = components.get(key);
            if (component == null) {
                faults.add(new Fault(
                        at, "unknown key '" + dotted(at) + "'" + suggestion(key, components.keySet(), aside)));
                continue;
            }
            JsonNode given = whole(entry.getValue(), component.getType());
            JsonNode fitting = fitting(given, component.getType());
            if (!fitting.equals(given)) {
                replaced.put(key, new String[] {fitting.asText(), given.asText()});
            }
            JsonNode value = checked(fitting, at, mapper.getTypeFactory().constructType(component.getGenericType()));
            if (value == null) {
                aside.add(key);
            } else {
                left.set(key, value);
            }
        }
        JsonNode judged = judged(left, pointer, type, aside, replaced);
        for (Map.Entry<String, String[]> unjudged : replaced.entrySet()) {
            if (left.has(unjudged.getKey())) {
                String at = pointer + "/" + YamlTree.escaped(unjudged.getKey());
                faults.add(new Fault(
                        at,
                        dotted(at) + ": " + unjudged.getValue()[1] + " is too large a number; it must lie within "
                                + unjudged.getValue()[0]));
                left.remove(unjudged.getKey());
            }
        }
        return judged;
    }

    /** {@code 1e3} is a whole number, too, where one is wanted. */
    private static JsonNode whole(JsonNode node, Class<?> wanted) {
        if (!isWhole(wanted) || !node.isFloatingPointNumber()) {
            return node;
        }
        double value = node.doubleValue();
        return Double.isFinite(value) && value == Math.rint(value)
                ? JsonNodeFactory.instance.numberNode(new BigDecimal(value).toBigInteger())
                : node;
    }

    /** The nearest number that fits the type: the constructor then says what its range is. */
    private static JsonNode fitting(JsonNode node, Class<?> wanted) {
        if (!isWhole(wanted) || !node.isIntegralNumber()) {
            return node;
        }
        boolean isLong = wanted == Long.class || wanted == long.class;
        BigInteger least = BigInteger.valueOf(isLong ? Long.MIN_VALUE : Integer.MIN_VALUE);
        BigInteger greatest = BigInteger.valueOf(isLong ? Long.MAX_VALUE : Integer.MAX_VALUE);
        BigInteger value = node.bigIntegerValue();
        BigInteger near = value.min(greatest).max(least);
        return near.equals(value) ? node : JsonNodeFactory.instance.numberNode(near.longValueExact());
    }

    private static boolean isNumber(Class<?> type) {
        return isWhole(type) || type == Double.class || type == double.class;
    }

    private static boolean isWhole(Class<?> type) {
        return type == Integer.class || type == int.class || type == Long.class || type == long.class;
    }

    /** Lets the constructor judge; a key that it refuses is set aside, so that it comes to the next. */
    private JsonNode judged(
            ObjectNode left, String pointer, Class<?> type, Set<String> aside, Map<String, String[]> replaced) {
        int attempts = left.size() + 1;
        for (int i = 0; i < attempts; i++) {
            Optional<String> refusal = refusal(left, type);
            if (refusal.isEmpty()) {
                return left;
            }
            String said = refusal.get();
            for (String[] number : replaced.values()) {
                said = said.replace(number[0], number[1]);
            }
            String message = said;
            List<String> named = left.properties().stream()
                    .map(Map.Entry::getKey)
                    .filter(key -> names(message, key))
                    .sorted(Comparator.comparingInt(key -> position(message, key)))
                    .toList();
            if (aside.stream().noneMatch(key -> names(message, key))) {
                String at = new Culprit(tree -> refusal(tree, type).isEmpty())
                        .within(left, named.stream().findFirst());
                faults.add(new Fault(pointer + at, (pointer.isEmpty() ? "" : dotted(pointer) + ": ") + message));
            }
            if (named.isEmpty()) {
                return null;
            }
            left.remove(named.get(0));
            aside.add(named.get(0));
        }
        return null;
    }

    private Optional<String> refusal(ObjectNode node, Class<?> type) {
        try {
            mapper.treeToValue(node, type);
            return Optional.empty();
        } catch (JsonMappingException e) {
            return Optional.of(refused(e).orElseGet(() -> firstLine(e.getOriginalMessage())));
        } catch (JsonProcessingException e) {
            return Optional.of(firstLine(e.getOriginalMessage()));
        } catch (RuntimeException e) {
            return Optional.of(firstLine(e.getMessage()));
        }
    }

    private static boolean names(String message, String key) {
        return position(message, key) < Integer.MAX_VALUE;
    }

    private static int position(String message, String key) {
        var matcher = Pattern.compile("(?<![A-Za-z0-9_])" + Pattern.quote(key) + "(?![A-Za-z0-9_])")
                .matcher(message);
        return matcher.find() ? matcher.start() : Integer.MAX_VALUE;
    }

    static String dotted(String pointer) {
        return pointer.isEmpty()
                ? pointer
                : pointer.substring(1).replace('/', '.').replace("~1", "/").replace("~0", "~");
    }

    private static String suggestion(String key, Collection<String> known, Set<String> meant) {
        if (known.isEmpty()) {
            return "";
        }
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        String nearest = known.stream()
                .min(Comparator.comparingInt(k -> distance.apply(key, k)))
                .orElseThrow();
        if (distance.apply(key, nearest) <= Math.max(2, key.length() / 3)) {
            meant.add(nearest);
            return "; did you mean '" + nearest + "'?";
        }
        return "; known here: " + known.stream().sorted().collect(Collectors.joining(", "));
    }

    private static Optional<String> refused(JsonMappingException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof IllegalArgumentException && !(cause instanceof NumberFormatException)) {
                return Optional.of(firstLine(cause.getMessage()));
            }
        }
        return Optional.empty();
    }

    /** What a value should have been, in words of the file and not of Java. */
    private static String reason(JsonMappingException e) {
        Optional<String> refused = refused(e);
        if (refused.isPresent()) {
            return refused.get();
        }
        if (!(e instanceof MismatchedInputException mismatch) || mismatch.getTargetType() == null) {
            return firstLine(e.getOriginalMessage());
        }
        Class<?> wanted = ClassUtil.primitiveType(mismatch.getTargetType()) == null
                ? mismatch.getTargetType()
                : ClassUtil.primitiveType(mismatch.getTargetType());
        Optional<String> expected = wanted == Duration.class
                ? Optional.of("a duration; write it like 250ms, 30s, 5m, 2h or 7d")
                : expected(wanted);
        if (expected.isEmpty()) {
            return firstLine(e.getOriginalMessage());
        }
        if (wanted == String.class && e instanceof InvalidFormatException wrong) {
            return "'" + wrong.getValue() + "' is not a text; put it in quotes to make it one";
        }
        return (e instanceof InvalidFormatException wrong ? "'" + wrong.getValue() + "' is not " : "must be ")
                + expected.get();
    }

    private static Optional<String> expected(Class<?> wanted) {
        if (wanted.isEnum()) {
            return Optional.of(Arrays.stream(wanted.getEnumConstants())
                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", ", "one of ", "")));
        }
        if (wanted == int.class || wanted == long.class) {
            return Optional.of("a whole number");
        }
        if (wanted == double.class || wanted == float.class) {
            return Optional.of("a number");
        }
        if (wanted == boolean.class) {
            return Optional.of("true or false");
        }
        if (wanted == String.class) {
            return Optional.of("a text");
        }
        if (Collection.class.isAssignableFrom(wanted)) {
            return Optional.of("a list, like [a, b]");
        }
        return wanted.isRecord() || Map.class.isAssignableFrom(wanted)
                ? Optional.of("keys with values, like 'key: value'")
                : Optional.empty();
    }

    private static String firstLine(String message) {
        return message == null ? "no reason given" : message.lines().findFirst().orElse(message);
    }
}
