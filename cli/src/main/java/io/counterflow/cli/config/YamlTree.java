package io.counterflow.cli.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.StringReader;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One YAML document as a tree with the line of everything in it. Plain values are read as YAML 1.2 has them: {@code no} and {@code 0o10} are texts,
 * {@code 1e3} and {@code .inf} are floating-point numbers. Anchors, aliases and {@code <<} work; a key that is there twice is a fault.
 *
 * @param root the document; null where it is empty
 * @param lines line of every key and list entry by its JSON pointer, counted from 1
 */
record YamlTree(JsonNode root, Map<String, Integer> lines) {

    /** A document that is no YAML, or says something twice. */
    static final class Fault extends Exception {
        private static final long serialVersionUID = 1L;
        private final int line;

        Fault(int line, String message) {
            super(message);
            this.line = line;
        }

        /** Where, counted from 1; 0 where that is not known. */
        int line() {
            return line;
        }
    }

    private static final Pattern WHOLE = Pattern.compile("[-+]?(0|[1-9][0-9]*)");
    private static final Pattern FLOATING =
            Pattern.compile("[-+]?(\\.[0-9]+|(0|[1-9][0-9]*)(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    private static final Pattern INFINITE = Pattern.compile("[-+]?\\.(inf|Inf|INF)");
    private static final Set<String> NOT_A_NUMBER = Set.of(".nan", ".NaN", ".NAN");
    private static final Set<String> NOTHING = Set.of("", "~", "null", "Null", "NULL");
    private static final Set<String> TRUE = Set.of("true", "True", "TRUE");
    private static final Set<String> FALSE = Set.of("false", "False", "FALSE");
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Reads a document. */
    static YamlTree parse(String yaml) throws Fault {
        LoaderOptions options = new LoaderOptions();
        options.setAllowRecursiveKeys(false);
        List<Node> documents = new ArrayList<>();
        try {
            new Yaml(options).composeAll(new StringReader(yaml)).forEach(documents::add);
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
            throw new Fault(line, e.getProblem() + (e.getContext() == null ? "" : " (" + e.getContext() + ")"));
        } catch (YAMLException e) {
            throw new Fault(
                    0, String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given"));
        }
        if (documents.isEmpty()) {
            return new YamlTree(null, Map.of());
        }
        if (documents.size() > 1) {
            throw new Fault(line(documents.get(1)), "a second document begins; only one is read");
        }
        Reading reading = new Reading();
        JsonNode root = reading.value(documents.get(0), "");
        return new YamlTree(root, Map.copyOf(reading.lines));
    }

    /** The part of a JSON pointer that stands for a key. */
    static String escaped(String key) {
        return key.replace("~", "~0").replace("/", "~1");
    }

    /** Whether a text is one that would be a finite number without quotes. */
    static boolean isNumber(String text) {
        return WHOLE.matcher(text).matches() || FLOATING.matcher(text).matches();
    }

    private static int line(Node node) {
        return node.getStartMark() == null ? 0 : node.getStartMark().getLine() + 1;
    }

    private static final class Reading {
        private final Map<String, Integer> lines = new HashMap<>();
        private final IdentityHashMap<Node, Boolean> inside = new IdentityHashMap<>();

        private JsonNode value(Node node, String pointer) throws Fault {
            if (node instanceof ScalarNode scalar) {
                return scalar(scalar);
            }
            if (inside.put(node, true) != null) {
                throw new Fault(line(node), "an alias stands within what it stands for");
            }
            JsonNode value = node instanceof MappingNode mapping
                    ? mapping(mapping, pointer)
                    : sequence((SequenceNode) node, pointer);
            inside.remove(node);
            return value;
        }

        private ArrayNode sequence(SequenceNode node, String pointer) throws Fault {
            ArrayNode array = NODES.arrayNode();
            for (Node entry : node.getValue()) {
                String at = pointer + "/" + array.size();
                lines.put(at, line(entry));
                array.add(value(entry, at));
            }
            return array;
        }

        private ObjectNode mapping(MappingNode node, String pointer) throws Fault {
            ObjectNode object = NODES.objectNode();
            Set<String> own = new HashSet<>();
            List<NodeTuple> merged = new ArrayList<>();
            for (NodeTuple entry : node.getValue()) {
                if (!(entry.getKeyNode() instanceof ScalarNode key)) {
                    throw new Fault(line(entry.getKeyNode()), "a key must be a name");
                }
                if (key.getTag().equals(Tag.MERGE)) {
                    merged.add(entry);
                    continue;
                }
                if (!own.add(key.getValue())) {
                    throw new Fault(line(key), "duplicate key '" + key.getValue() + "'");
                }
                put(object, key.getValue(), entry, pointer);
            }
            for (NodeTuple entry : merged) {
                merge(object, entry.getValueNode(), pointer);
            }
            return object;
        }

        private void put(ObjectNode object, String key, NodeTuple entry, String pointer) throws Fault {
            String at = pointer + "/" + escaped(key);
            lines.put(at, line(entry.getKeyNode()));
            object.set(key, value(entry.getValueNode(), at));
        }

        /** What is said here, or in an earlier of several, wins. */
        private void merge(ObjectNode object, Node from, String pointer) throws Fault {
            if (from instanceof SequenceNode several) {
                for (Node one : several.getValue()) {
                    merge(object, one, pointer);
                }
                return;
            }
            if (!(from instanceof MappingNode mapping)) {
                throw new Fault(line(from), "what '<<' names has no keys");
            }
            if (inside.put(mapping, true) != null) {
                throw new Fault(line(mapping), "an alias stands within what it stands for");
            }
            for (NodeTuple entry : mapping.getValue()) {
                if (entry.getKeyNode().getTag().equals(Tag.MERGE)) {
                    merge(object, entry.getValueNode(), pointer);
                } else if (entry.getKeyNode() instanceof ScalarNode key && !object.has(key.getValue())) {
                    put(object, key.getValue(), entry, pointer);
                }
            }
            inside.remove(mapping);
        }

        private static JsonNode scalar(ScalarNode node) throws Fault {
            String text = node.getValue();
            String tag = node.getTag().getValue();
            if (tag.startsWith("!")) {
                throw new Fault(line(node), "the tag " + tag + " means nothing here");
            }
            if (node.getScalarStyle() != ScalarStyle.PLAIN) {
                return NODES.textNode(text);
            }
            if (NOTHING.contains(text)) {
                return NODES.nullNode();
            }
            if (TRUE.contains(text) || FALSE.contains(text)) {
                return NODES.booleanNode(TRUE.contains(text));
            }
            if (WHOLE.matcher(text).matches()) {
                BigInteger whole = new BigInteger(text);
                return whole.bitLength() < Integer.SIZE
                        ? NODES.numberNode(whole.intValue())
                        : whole.bitLength() < Long.SIZE ? NODES.numberNode(whole.longValue()) : NODES.numberNode(whole);
            }
            if (FLOATING.matcher(text).matches()) {
                return NODES.numberNode(Double.parseDouble(text));
            }
            if (INFINITE.matcher(text).matches()) {
                return NODES.numberNode(text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
            }
            return NOT_A_NUMBER.contains(text) ? NODES.numberNode(Double.NaN) : NODES.textNode(text);
        }
    }
}
