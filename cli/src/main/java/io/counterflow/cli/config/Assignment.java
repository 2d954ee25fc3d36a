package io.counterflow.cli.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * One key of a configuration and its value, as the command line gives it: {@code a.b=value}.
 *
 * @param path the keys from the root; a number stands for an entry of a list
 * @param value what the key gets
 */
record Assignment(List<String> path, JsonNode value) {

    Assignment {
        path = List.copyOf(path);
    }

    /**
     * Reads one. The value is YAML; a key that has dots in it is put in quotes.
     *
     * @param said what faults begin with
     */
    static Assignment parse(String text, String said) {
        List<String> path = new ArrayList<>();
        StringBuilder key = new StringBuilder();
        boolean quoted = false;
        int i = 0;
        while (i < text.length() && text.charAt(i) != '=') {
            char c = text.charAt(i);
            if ((c == '\'' || c == '"') && key.toString().isBlank()) {
                int end = text.indexOf(c, i + 1);
                if (end < 0) {
                    throw new ConfigException(said + "the quote before " + text.substring(i + 1) + " does not end");
                }
                key.setLength(0);
                key.append(text, i + 1, end);
                quoted = true;
                i = end;
            } else if (c == '.') {
                add(path, key, quoted, said);
                quoted = false;
            } else {
                key.append(c);
            }
            i++;
        }
        if (i == text.length() || i == 0) {
            throw new ConfigException(said + "write it as key.key=value");
        }
        add(path, key, quoted, said);
        String value = text.substring(i + 1);
        if (value.isBlank()) {
            throw new ConfigException(
                    said + "there is no value after '='; '' is an empty text, and null takes the key's default");
        }
        try {
            JsonNode root = YamlTree.parse(value).root();
            return new Assignment(path, root == null ? NullNode.instance : root);
        } catch (YamlTree.Fault e) {
            throw new ConfigException(said + "the value is not valid YAML: " + e.getMessage(), e);
        }
    }

    private static void add(List<String> path, StringBuilder key, boolean quoted, String said) {
        String name = quoted ? key.toString() : key.toString().trim();
        if (name.isEmpty()) {
            throw new ConfigException(
                    said + "a key is empty; write it as key.key=value, with one dot between two keys");
        }
        path.add(name);
        key.setLength(0);
    }

    /**
     * Puts the value into a tree.
     *
     * @param made is told the pointers of the keys that were made on the way
     * @return the pointer of the value
     */
    String put(ObjectNode root, String said, Consumer<String> made) {
        JsonNode at = root;
        StringBuilder pointer = new StringBuilder();
        for (int i = 0; i < path.size(); i++) {
            String key = path.get(i);
            String owner = Binder.dotted(pointer.toString());
            pointer.append('/').append(YamlTree.escaped(key));
            boolean last = i == path.size() - 1;
            if (at instanceof ArrayNode array) {
                int index = index(array, key, owner, said);
                if (last) {
                    array.set(index, value);
                    return pointer.toString();
                }
                at = array.get(index);
                continue;
            }
            if (!(at instanceof ObjectNode object)) {
                throw new ConfigException(said + "'" + owner + "' holds a value, not keys");
            }
            if (last) {
                object.set(key, value);
                return pointer.toString();
            }
            JsonNode next = object.get(key);
            if (next == null || next.isNull()) {
                made.accept(pointer.toString());
                next = object.putObject(key);
            }
            at = next;
        }
        throw new IllegalStateException("an assignment has a key");
    }

    private static int index(ArrayNode array, String key, String owner, String said) {
        if (!key.matches("[0-9]{1,6}") || Integer.parseInt(key) >= array.size()) {
            throw new ConfigException(said + "'" + owner + "' is a list of " + array.size()
                    + (array.size() == 1 ? " entry" : " entries") + ", counted from 0, and '" + key
                    + "' is none of them; give the whole list, like " + owner + "=[...]");
        }
        return Integer.parseInt(key);
    }
}
