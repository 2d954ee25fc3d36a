package io.counterflow.model.tokenizer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The methods of Python's text, lists and dictionaries that templates call; those that change a value are not among them. */
final class Methods {
    private Methods() {}

    /** A method bound to its object, or null if there is none of that name. */
    static Callable of(Object object, String name) {
        if (object instanceof String text) {
            return TextMethods.of(text, name);
        }
        if (object instanceof Map<?, ?> map) {
            return dictionary(map, name);
        }
        if (object instanceof List<?> list) {
            return switch (name) {
                case "index" -> (a, n) -> index(list, a.get(0));
                case "count" ->
                    (a, n) -> list.stream()
                            .filter(e -> PythonValues.equal(e, a.get(0)))
                            .count();
                default -> null;
            };
        }
        return null;
    }

    private static Callable dictionary(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" -> (a, n) -> items(map);
            case "keys" -> (a, n) -> new ArrayList<Object>(map.keySet());
            case "values" -> (a, n) -> new ArrayList<Object>(map.values());
            case "get" -> (a, n) -> map.containsKey(a.get(0)) ? map.get(a.get(0)) : a.size() > 1 ? a.get(1) : null;
            default -> null;
        };
    }

    static List<Object> items(Map<?, ?> map) {
        List<Object> items = new ArrayList<>();
        map.forEach((k, v) -> items.add(Tuple.of(k, v)));
        return items;
    }

    private static Object index(List<?> list, Object element) {
        for (int i = 0; i < list.size(); i++) {
            if (PythonValues.equal(list.get(i), element)) {
                return (long) i;
            }
        }
        throw new ChatTemplateException("%s is not in the list".formatted(PythonValues.representation(element)));
    }
}
