package io.counterflow.cli.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Writes a configuration record as the YAML that {@link ConfigFile} reads, each key under its description. Secrets are not written. */
public final class ConfigPrinter {

    private static final List<String> SECRET = List.of("password", "jaas", "secret", "token", "apikey");
    private static final int WIDTH = 110;

    private final YAMLMapper mapper = ConfigFile.mapper();

    /** Makes a printer. */
    public ConfigPrinter() {
        mapper.getFactory().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER);
        mapper.getFactory().enable(YAMLGenerator.Feature.MINIMIZE_QUOTES);
    }

    /** The whole record as commented YAML. */
    public String print(Record configuration) {
        StringBuilder out = new StringBuilder();
        print(configuration, 0, out);
        return out.toString();
    }

    private void print(Record configuration, int depth, StringBuilder out) {
        String indent = "  ".repeat(depth);
        for (RecordComponent component : configuration.getClass().getRecordComponents()) {
            String key = component.getName();
            JsonPropertyDescription description = component.getAccessor().getAnnotation(JsonPropertyDescription.class);
            if (description != null) {
                wrap(description.value(), WIDTH - indent.length())
                        .forEach(line ->
                                out.append(indent).append("# ").append(line).append('\n'));
            }
            Object value = value(component, configuration);
            if (value instanceof Optional<?> optional) {
                value = optional.orElse(null);
            }
            if (value instanceof Record nested) {
                out.append(indent).append(key).append(":\n");
                print(nested, depth + 1, out);
            } else if (value == null) {
                out.append(indent).append("# ").append(key).append(":\n");
            } else {
                out.append(indent)
                        .append(key)
                        .append(':')
                        .append(leaf(key, value, indent))
                        .append('\n');
            }
        }
    }

    private String leaf(String key, Object value, String indent) {
        if (isSecret(key)) {
            return " '***'";
        }
        Object shown = value instanceof Map<?, ?> map ? masked(map) : value;
        try {
            // Under a key, because a bare empty text is written as a document of its own.
            String yaml = mapper.writeValueAsString(Map.of("k", shown))
                    .stripTrailing()
                    .substring("k:".length());
            return yaml.indent(indent.length()).stripTrailing().substring(indent.length());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot print the value of " + key, e);
        }
    }

    private static Map<String, Object> masked(Map<?, ?> map) {
        Map<String, Object> out = new TreeMap<>();
        map.forEach((k, v) -> out.put(String.valueOf(k), isSecret(String.valueOf(k)) ? "***" : v));
        return out;
    }

    private static boolean isSecret(String key) {
        String lower = key.toLowerCase(Locale.ROOT);
        return SECRET.stream()
                .anyMatch(s -> lower.equals(s)
                        || lower.endsWith("." + s)
                        || lower.endsWith("-" + s)
                        || lower.contains("jaas"));
    }

    private static Object value(RecordComponent component, Record record) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(record);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    private static List<String> wrap(String text, int width) {
        List<String> lines = new java.util.ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split("\\s+")) {
            if (line.length() + word.length() + 1 > width && line.length() > 0) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
