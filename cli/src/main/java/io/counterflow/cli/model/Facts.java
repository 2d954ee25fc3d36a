package io.counterflow.cli.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A table of names and values, or the same as JSON. For one thread. */
final class Facts {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private record Fact(String name, String value) {}

    private final String title;
    private final List<Fact> facts = new ArrayList<>();
    private final Map<String, Object> values = new LinkedHashMap<>();

    Facts(String title) {
        this.title = title;
        values.put("name", title);
    }

    /** What the table shows is also the value, under the name with underscores. */
    Facts add(String name, Object value) {
        return add(name, String.valueOf(value), Map.of(name.replaceAll("\\W", "_"), value));
    }

    /** What the table shows is made of the values. */
    Facts add(String name, String shown, Map<String, ?> values) {
        facts.add(new Fact(name, shown));
        // Sorted, because the order of a small immutable map changes from run to run.
        this.values.putAll(new TreeMap<>(values));
        return this;
    }

    /** Values that the table does not show. */
    Facts add(Map<String, ?> values) {
        this.values.putAll(values);
        return this;
    }

    /** An object with one key for each value. */
    String json() {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(values);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("values that are no JSON: " + values, e);
        }
    }

    /** The table, without a trailing line break. */
    String render() {
        return AsciiTable.getTable(
                AsciiTable.FANCY_ASCII,
                facts,
                List.of(
                        new Column().header("").dataAlign(HorizontalAlign.LEFT).with(Fact::name),
                        new Column()
                                .header(title)
                                .headerAlign(HorizontalAlign.LEFT)
                                .dataAlign(HorizontalAlign.LEFT)
                                .maxWidth(100)
                                .with(Fact::value)));
    }
}
