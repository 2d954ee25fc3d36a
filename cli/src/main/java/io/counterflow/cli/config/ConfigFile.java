package io.counterflow.cli.config;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.counterflow.cli.config.Binding.Fault;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A YAML file with settings of the command line on top, to be bound to a record. Keys are the record's components. Every unknown
 * key is an error, and all of them are reported at once, each with its line and the known key it resembles. Immutable.
 */
public final class ConfigFile {

    private final String name;
    private final ObjectNode tree;
    private final Map<String, String> places;
    private final ConfigFile unchanged;
    private final List<Change> changes;

    /**
     * A key that was set after the file was read.
     *
     * @param place what faults of it begin with; empty where no user set it
     */
    private record Change(String assignment, String place) {
        boolean byUser() {
            return !place.isEmpty();
        }
    }

    private ConfigFile(String name, ObjectNode tree, Map<String, String> places) {
        this.name = name;
        this.tree = tree;
        this.places = places;
        this.unchanged = this;
        this.changes = List.of();
    }

    private ConfigFile(ConfigFile before, ObjectNode tree, Map<String, String> places, Change change) {
        this.name = before.name;
        this.tree = tree;
        this.places = places;
        this.unchanged = before.unchanged;
        this.changes = Stream.concat(before.changes.stream(), Stream.of(change)).toList();
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
        } catch (MalformedInputException e) {
            throw new ConfigException(file + ": is not text in UTF-8", e);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    static ConfigFile parse(String name, String yaml) {
        YamlTree tree;
        try {
            tree = YamlTree.parse(yaml);
        } catch (YamlTree.Fault e) {
            throw new ConfigException(
                    name + (e.line() == 0 ? "" : ":" + e.line()) + ": not valid YAML: " + e.getMessage(), e);
        }
        if (tree.root() == null || tree.root().isNull()) {
            return new ConfigFile(name, mapper().createObjectNode(), Map.of());
        }
        if (!(tree.root() instanceof ObjectNode object)) {
            throw new ConfigException(name + ": holds a single value where keys were expected, like 'trainer:'");
        }
        Map<String, String> places = new HashMap<>();
        tree.lines().forEach((pointer, line) -> places.put(pointer, name + ":" + line + ": "));
        return new ConfigFile(name, object, places);
    }

    /**
     * The same file with one key set by a user, who is told of faults in these words.
     *
     * @param assignment {@code a.b=value}; the value is read as YAML, so {@code 3}, {@code true}, {@code [a, b]} mean what they mean there. A number
     *     stands for an entry of a list; a key with dots is put in quotes
     */
    public ConfigFile set(String assignment) {
        return with(assignment, "--set " + assignment + ": ");
    }

    /**
     * The same file with one key set.
     *
     * @param assignment as for {@link #set}
     */
    public ConfigFile with(String assignment) {
        return with(assignment, "");
    }

    /** The same file with one key set by an option of the command line, which users are told of. */
    public ConfigFile with(OptionSetting setting) {
        return with(setting.assignment(), setting.option() + ": ");
    }

    private ConfigFile with(String assignment, String place) {
        String said = place.isEmpty() ? "--set " + assignment + ": " : place;
        Assignment parsed = Assignment.parse(assignment, said);
        ObjectNode copy = tree.deepCopy();
        Map<String, String> known = new HashMap<>(places);
        String pointer = parsed.put(copy, said, made -> known.put(made, place));
        known.keySet().removeIf(p -> p.startsWith(pointer + "/"));
        known.put(pointer, place);
        return new ConfigFile(this, copy, known, new Change(assignment, place));
    }

    /**
     * The same file, with a key set where the file does not say anything of it.
     *
     * @param path keys from the root, joined by dots
     */
    public ConfigFile withDefault(String path, String value) {
        if (has(path) || standsInTheWay(path)) {
            return this;
        }
        return with(path + "=" + value);
    }

    /** Whether a key on the way to a path holds a value where keys belong, which is a fault of its own. */
    private boolean standsInTheWay(String path) {
        for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
            JsonNode at = tree.at("/" + path.substring(0, dot).replace('.', '/'));
            if (!at.isMissingNode() && !at.isNull() && !at.isObject()) {
                return true;
            }
        }
        return false;
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

    /** The text at a path, empty where the file says nothing of it, or more than a text. */
    public Optional<String> text(String path) {
        return Optional.of(tree.at("/" + path.replace('.', '/')))
                .filter(at -> at.isValueNode() && !at.isNull())
                .map(JsonNode::asText);
    }

    /**
     * The file as a record; what is not in the file is given by the record's own defaults.
     *
     * @throws ConfigException naming every unknown key, or the first value that the record refuses
     */
    public <T> T bind(Class<T> type) {
        Binding<T> binding = binding(type);
        require(binding.faults(), earlier -> earlier.binding(type).faults());
        return binding.value().orElseThrow();
    }

    /** The file as a record, as far as it can be used, and everything in it that cannot. */
    public <T> Binding<T> binding(Class<T> type) {
        return Binder.bind(mapper(), tree, "", type);
    }

    /**
     * What stands at a path as a record, as far as it can be used; where nothing does, a record of defaults.
     *
     * @param path keys from the root, joined by dots; a number stands for an entry of a list
     */
    public <T> Binding<T> bindingAt(String path, Class<T> type) {
        String pointer = "/" + path.replace('.', '/');
        JsonNode at = tree.at(pointer);
        return Binder.bind(
                mapper(), at.isMissingNode() || at.isNull() ? mapper().createObjectNode() : at, pointer, type);
    }

    /** How many entries the list at a path has; 0 where there is none. */
    public int size(String path) {
        JsonNode at = tree.at("/" + path.replace('.', '/'));
        return at.isArray() ? at.size() : 0;
    }

    /**
     * Does nothing where there are no faults.
     *
     * @param again finds faults in the same way in another file. A fault at a line of the file that is not there without a setting of the command
     *     line is that setting's.
     * @throws ConfigException with all of them, each with its place in the file or on the command line
     */
    public void require(Collection<Fault> faults, Function<ConfigFile, Collection<Fault>> again) {
        if (!faults.isEmpty()) {
            List<Earlier> earlier = new ArrayList<>();
            throw ConfigException.of(faults.stream()
                    .map(fault -> described(fault, earlier, again))
                    .distinct()
                    .toList());
        }
    }

    /**
     * What the file was before a user's setting, and what was wrong with it.
     *
     * @param place what faults of the setting begin with
     */
    private record Earlier(String place, Set<String> faults) {}

    private String described(Fault fault, List<Earlier> earlier, Function<ConfigFile, Collection<Fault>> again) {
        String pointer = fault.pointer();
        while (!places.containsKey(pointer) && !pointer.isEmpty()) {
            pointer = pointer.substring(0, pointer.lastIndexOf('/'));
        }
        String place = places.getOrDefault(pointer, "");
        boolean ofUser = changes.stream()
                .anyMatch(change -> change.byUser() && change.place().equals(place));
        if (ofUser) {
            return place + fault.message();
        }
        return breaking(fault, earlier, again).orElse(place.isEmpty() ? name + ": " : place) + fault.message();
    }

    /** The last of the settings without which the fault was not there. */
    private Optional<String> breaking(
            Fault fault, List<Earlier> earlier, Function<ConfigFile, Collection<Fault>> again) {
        for (int left = (int) changes.stream().filter(Change::byUser).count(), i = 0; left > 0; left--, i++) {
            if (earlier.size() == i) {
                earlier.add(before(left, again));
            }
            if (!earlier.get(i).faults().contains(withoutNumbers(fault))) {
                return Optional.of(earlier.get(i).place());
            }
        }
        return Optional.empty();
    }

    /** The file with all but the user's settings from the {@code count}-th on, counted from 1. */
    private Earlier before(int count, Function<ConfigFile, Collection<Fault>> again) {
        ConfigFile file = unchanged;
        String place = "";
        int seen = 0;
        for (Change change : changes) {
            seen += change.byUser() ? 1 : 0;
            if (change.byUser() && seen == count) {
                place = change.place();
            }
            if (!change.byUser() || seen < count) {
                file = file.with(change.assignment(), change.place());
            }
        }
        return new Earlier(
                place,
                again.apply(file).stream().map(ConfigFile::withoutNumbers).collect(Collectors.toSet()));
    }

    /** Another number of the same key is the same fault. */
    private static String withoutNumbers(Fault fault) {
        return fault.message().replaceAll("[-+]?[0-9][0-9.eE+-]*", "#");
    }

    static YAMLMapper mapper() {
        YAMLMapper mapper = YAMLMapper.builder(YAMLFactory.builder()
                        .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .addModule(new Jdk8Module())
                .addModule(new Durations())
                .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .build();
        mapper.coercionConfigFor(LogicalType.Integer)
                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail);
        mapper.coercionConfigFor(LogicalType.Float)
                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail);
        mapper.coercionConfigFor(LogicalType.Boolean)
                .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail);
        // 1.10 would become the text 1.1, and true one that nobody wrote.
        mapper.coercionConfigFor(LogicalType.Textual)
                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
        return mapper;
    }
}
