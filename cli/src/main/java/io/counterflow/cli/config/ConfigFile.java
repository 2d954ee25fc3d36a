package io.counterflow.cli.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.databind.util.ClassUtil;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * A YAML file with settings of the command line on top, to be bound to a record. Keys are the record's components. Every unknown
 * key is an error, and all of them are reported at once, each with its line and the known key it resembles. Immutable.
 */
public final class ConfigFile {

    private final String name;
    private final ObjectNode tree;
    private final Map<String, Integer> lines;

    private ConfigFile(String name, ObjectNode tree, Map<String, Integer> lines) {
        this.name = name;
        this.tree = tree;
        this.lines = lines;
    }

    /** No file: every key has its default. */
    public static ConfigFile empty() {
        return new ConfigFile("the command line", mapper().createObjectNode(), Map.of());
    }

    /**
     * Reads a file.
     *
     * @throws ConfigException if it is not there, is not YAML, or names a key twice
     */
    public static ConfigFile read(Path file) {
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + ": no such file; 'counterflow init' writes one to start from");
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    static ConfigFile parse(String name, String yaml) {
        YAMLMapper mapper = mapper();
        try {
            JsonNode root = mapper.readTree(yaml);
            if (root == null || root.isMissingNode() || root.isNull()) {
                return new ConfigFile(name, mapper.createObjectNode(), Map.of());
            }
            if (!(root instanceof ObjectNode object)) {
                throw new ConfigException(name + ": holds a single value where keys were expected, like 'trainer:'");
            }
            return new ConfigFile(name, object, linesOf(mapper, yaml));
        } catch (JsonProcessingException e) {
            throw new ConfigException(name + at(e) + ": not valid YAML: " + firstLine(e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw new ConfigException(name + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * The same file with one key set.
     *
     * @param assignment {@code a.b=value}; the value is read as YAML, so {@code 3}, {@code true}, {@code [a, b]} mean what they mean there
     */
    public ConfigFile with(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw new ConfigException("--set " + assignment + ": write it as key.key=value");
        }
        ObjectNode copy = tree.deepCopy();
        String[] path = assignment.substring(0, equals).trim().split("\\.");
        ObjectNode at = copy;
        for (int i = 0; i < path.length - 1; i++) {
            JsonNode next = at.get(path[i]);
            if (next != null && !next.isNull() && !next.isObject()) {
                throw new ConfigException("--set " + assignment + ": '" + path[i] + "' holds a value, not keys");
            }
            at = next instanceof ObjectNode object ? object : at.putObject(path[i]);
        }
        try {
            at.set(path[path.length - 1], mapper().readTree(assignment.substring(equals + 1)));
        } catch (JsonProcessingException e) {
            throw new ConfigException(
                    "--set " + assignment + ": the value is not valid YAML: " + firstLine(e.getOriginalMessage()), e);
        }
        return new ConfigFile(name, copy, lines);
    }

    /**
     * The same file, with a key set where the file does not say anything of it.
     *
     * @param path keys from the root, joined by dots
     */
    public ConfigFile withDefault(String path, String value) {
        if (has(path)) {
            return this;
        }
        return with(path + "=" + value);
    }

    /** Whether the file says anything of a path. */
    public boolean has(String path) {
        JsonNode at = tree.at("/" + path.replace('.', '/'));
        return !at.isMissingNode() && !at.isNull();
    }

    /** The file as plain maps, lists, texts, numbers and truth values, for an owner that checks the keys itself. */
    public Map<String, Object> asMap() {
        return mapper().convertValue(tree, new TypeReference<Map<String, Object>>() {});
    }

    /** The text at a path, empty where the file says nothing of it. */
    public Optional<String> text(String path) {
        return has(path) ? Optional.of(tree.at("/" + path.replace('.', '/')).asText()) : Optional.empty();
    }

    /**
     * The file as a record; what is not in the file is given by the record's own defaults.
     *
     * @throws ConfigException naming every unknown key, or the first value that the record refuses
     */
    public <T> T bind(Class<T> type) {
        List<String> unknown = new ArrayList<>();
        YAMLMapper mapper = mapper();
        mapper.addHandler(new DeserializationProblemHandler() {
            @Override
            public boolean handleUnknownProperty(
                    DeserializationContext context,
                    JsonParser parser,
                    JsonDeserializer<?> deserializer,
                    Object bean,
                    String key)
                    throws IOException {
                Collection<Object> known = deserializer.getKnownPropertyNames();
                String pointer = parser.getParsingContext().pathAsPointer().toString();
                unknown.add(where(pointer) + "unknown key '" + dotted(pointer) + "'" + suggestion(key, known));
                parser.skipChildren();
                return true;
            }
        });
        T bound;
        try {
            bound = mapper.treeToValue(tree, type);
        } catch (JsonMappingException e) {
            if (!unknown.isEmpty()) {
                throw new ConfigException(String.join(System.lineSeparator(), unknown));
            }
            String pointer = e.getPath().stream()
                    .map(r -> "/" + (r.getFieldName() != null ? r.getFieldName() : String.valueOf(r.getIndex())))
                    .collect(Collectors.joining());
            throw new ConfigException(
                    where(pointer) + (pointer.isEmpty() ? "" : dotted(pointer) + ": ") + reason(e), e);
        } catch (JsonProcessingException e) {
            throw new ConfigException(name + ": " + firstLine(e.getOriginalMessage()), e);
        }
        if (!unknown.isEmpty()) {
            throw new ConfigException(String.join(System.lineSeparator(), unknown));
        }
        return bound;
    }

    /** What a value should have been, in words of the file and not of Java. */
    private static String reason(JsonMappingException e) {
        if (e.getCause() instanceof IllegalArgumentException refused) {
            return refused.getMessage();
        }
        if (!(e instanceof MismatchedInputException mismatch) || mismatch.getTargetType() == null) {
            return firstLine(e.getOriginalMessage());
        }
        Class<?> wanted = ClassUtil.primitiveType(mismatch.getTargetType()) == null
                ? mismatch.getTargetType()
                : ClassUtil.primitiveType(mismatch.getTargetType());
        String expected;
        if (wanted.isEnum()) {
            expected = Arrays.stream(wanted.getEnumConstants())
                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", ", "one of ", ""));
        } else if (wanted == int.class || wanted == long.class) {
            expected = "a whole number";
        } else if (wanted == double.class || wanted == float.class) {
            expected = "a number";
        } else if (wanted == boolean.class) {
            expected = "true or false";
        } else if (wanted == String.class) {
            expected = "a text";
        } else if (Collection.class.isAssignableFrom(wanted)) {
            expected = "a list, like [a, b]";
        } else if (wanted.isRecord() || Map.class.isAssignableFrom(wanted)) {
            expected = "keys with values, like 'key: value'";
        } else {
            return firstLine(e.getOriginalMessage());
        }
        return (e instanceof InvalidFormatException wrong ? "'" + wrong.getValue() + "' is not " : "must be ")
                + expected;
    }

    static YAMLMapper mapper() {
        YAMLMapper mapper = YAMLMapper.builder(YAMLFactory.builder()
                        .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .addModule(new Jdk8Module())
                .addModule(new Durations())
                .enable(com.fasterxml.jackson.databind.MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .build();
        mapper.coercionConfigFor(LogicalType.Integer).setCoercion(CoercionInputShape.Float, CoercionAction.Fail);
        return mapper;
    }

    private String where(String pointer) {
        Integer line = lines.get(pointer);
        return name + (line == null ? "" : ":" + line) + ": ";
    }

    private static String dotted(String pointer) {
        return pointer.isEmpty() ? pointer : pointer.substring(1).replace('/', '.');
    }

    private static String suggestion(String key, Collection<Object> known) {
        if (known == null || known.isEmpty()) {
            return "";
        }
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        Optional<String> nearest =
                known.stream().map(String::valueOf).min(java.util.Comparator.comparingInt(k -> distance.apply(key, k)));
        if (nearest.isPresent() && distance.apply(key, nearest.get()) <= Math.max(2, key.length() / 3)) {
            return "; did you mean '" + nearest.get() + "'?";
        }
        return "; known here: " + known.stream().map(String::valueOf).sorted().collect(Collectors.joining(", "));
    }

    private static Map<String, Integer> linesOf(YAMLMapper mapper, String yaml) throws IOException {
        Map<String, Integer> lines = new HashMap<>();
        try (JsonParser parser = mapper.createParser(yaml)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    lines.put(
                            parser.getParsingContext().pathAsPointer().toString(),
                            parser.currentTokenLocation().getLineNr());
                }
            }
        }
        return lines;
    }

    private static String at(JsonProcessingException e) {
        return e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
    }

    private static String firstLine(String message) {
        return message == null ? "no reason given" : message.lines().findFirst().orElse(message);
    }
}
