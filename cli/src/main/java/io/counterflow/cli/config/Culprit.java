package io.counterflow.cli.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds the part of a refused tree that it is refused for: the smallest without which nothing would be refused. Where several would do, as with two
 * values that contradict each other, the last one. Immutable.
 *
 * @param accepted whether a tree is not refused
 */
record Culprit(Predicate<ObjectNode> accepted) {

    /**
     * The pointer from the root of {@code refused}; empty where no part of it is to blame, but that something is missing.
     *
     * @param first the key that is to blame, where that is known
     */
    String within(ObjectNode refused, Optional<String> first) {
        String at = first.map(key -> "/" + YamlTree.escaped(key)).orElse("");
        while (true) {
            Optional<String> below = below(refused, at);
            if (below.isEmpty()) {
                return at;
            }
            at = below.get();
        }
    }

    private Optional<String> below(ObjectNode refused, String at) {
        List<String> parts = new ArrayList<>();
        JsonNode node = refused.at(at);
        node.fieldNames().forEachRemaining(key -> parts.add(at + "/" + YamlTree.escaped(key)));
        for (int i = 0; i < (node.isArray() ? node.size() : 0); i++) {
            parts.add(at + "/" + i);
        }
        Collections.reverse(parts);
        return parts.stream()
                .filter(part -> accepted.test(without(refused, part)))
                .findFirst();
    }

    private static ObjectNode without(ObjectNode tree, String pointer) {
        ObjectNode copy = tree.deepCopy();
        int slash = pointer.lastIndexOf('/');
        String key = pointer.substring(slash + 1);
        JsonNode owner = copy.at(pointer.substring(0, slash));
        if (owner instanceof ArrayNode array) {
            array.remove(Integer.parseInt(key));
        } else {
            ((ObjectNode) owner).remove(key.replace("~1", "/").replace("~0", "~"));
        }
        return copy;
    }
}
