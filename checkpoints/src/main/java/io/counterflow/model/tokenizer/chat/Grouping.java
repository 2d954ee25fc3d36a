package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.asLong;
import static io.counterflow.model.tokenizer.chat.PythonValues.elements;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Jinja's filters that divide a sequence: {@code batch}, {@code slice} and {@code groupby}. */
final class Grouping {
    private Grouping() {}

    /** Rows of {@code linecount} elements; the last one is filled up where {@code fill_with} is given. */
    static List<Object> batches(Object input, Map<String, Object> arguments) {
        int count = count(arguments, "batch", "linecount");
        Object filler = arguments.get("fill_with");
        List<Object> elements = elements(input);
        List<Object> batches = new ArrayList<>();
        for (int from = 0; from < elements.size(); from += count) {
            List<Object> batch = new ArrayList<>(elements.subList(from, Math.min(elements.size(), from + count)));
            while (filler != null && batch.size() < count) {
                batch.add(filler);
            }
            batches.add(batch);
        }
        return batches;
    }

    /** {@code slices} columns, the first ones one longer where they cannot be equal; others are filled up if asked for. */
    static List<Object> slices(Object input, Map<String, Object> arguments) {
        int count = count(arguments, "slice", "slices");
        Object filler = arguments.get("fill_with");
        List<Object> elements = elements(input);
        int longer = elements.size() % count;
        List<Object> slices = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < count; i++) {
            int to = from + elements.size() / count + (i < longer ? 1 : 0);
            List<Object> slice = new ArrayList<>(elements.subList(from, to));
            if (filler != null && i >= longer) {
                slice.add(filler);
            }
            slices.add(slice);
            from = to;
        }
        return slices;
    }

    /** Pairs of a value of an attribute and the elements that have it, by value; cases of letters count where told. */
    static List<Object> groups(Object input, UnaryOperator<Object> compared, UnaryOperator<Object> shown) {
        List<Object> sorted = elements(input);
        sorted.sort(Comparator.comparing(compared, PythonValues::compare));
        List<Object> groups = new ArrayList<>();
        List<Object> members = new ArrayList<>();
        for (Object element : sorted) {
            if (members.isEmpty() || !PythonValues.equal(compared.apply(members.get(0)), compared.apply(element))) {
                members = new ArrayList<>();
                groups.add(Tuple.named(List.of("grouper", "list"), shown.apply(element), members));
            }
            members.add(element);
        }
        return groups;
    }

    private static int count(Map<String, Object> arguments, String filter, String parameter) {
        if (!arguments.containsKey(parameter)) {
            throw new ChatTemplateException("the filter %s needs %s".formatted(filter, parameter));
        }
        long count = asLong(arguments.get(parameter));
        if (count < 1 || count > 100_000) {
            throw new ChatTemplateException(
                    "%s of the filter %s is from 1 to 100000, not %d".formatted(parameter, filter, count));
        }
        return (int) count;
    }
}
