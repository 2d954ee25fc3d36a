package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.WireException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a program returned as what JSON has: null, truth values, numbers, texts, lists, and maps with texts as keys. */
final class PlainValues {

    private static final int MAX_DEPTH = 200;

    private PlainValues() {}

    static Object of(Object value) {
        return of(value, 0);
    }

    private static Object of(Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new WireException("an answer that is nested more than " + MAX_DEPTH + " deep");
        }
        if (value == null || value instanceof Boolean || value instanceof Number || value instanceof String) {
            return value;
        }
        if (value instanceof Optional<?> optional) {
            return of(optional.orElse(null), depth + 1);
        }
        if (value.getClass().isArray()) {
            List<Object> list = new ArrayList<>();
            for (int i = 0, n = Array.getLength(value); i < n; i++) {
                list.add(of(Array.get(value, i), depth + 1));
            }
            return list;
        }
        if (value instanceof Stub) {
            throw new WireException("an answer that is an object of the program's class "
                    + value.getClass().getName());
        }
        if (value instanceof Collection<?> collection) {
            List<Object> list = new ArrayList<>();
            collection.forEach(each -> list.add(of(each, depth + 1)));
            return list;
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> plain = new LinkedHashMap<>();
            map.forEach((key, each) -> plain.put(String.valueOf(key), of(each, depth + 1)));
            return plain;
        }
        if (value instanceof Map.Entry<?, ?> entry) {
            return List.of(of(entry.getKey(), depth + 1), of(entry.getValue(), depth + 1));
        }
        if (value instanceof Record) {
            List<Object> list = new ArrayList<>();
            for (Object component : Bridge.components(value)) {
                list.add(of(component, depth + 1));
            }
            return list;
        }
        if (value instanceof Enum<?> constant) {
            return constant.name();
        }
        return value.toString();
    }
}
