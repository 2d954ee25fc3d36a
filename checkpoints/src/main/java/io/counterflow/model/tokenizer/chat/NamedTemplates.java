package io.counterflow.model.tokenizer.chat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The sources of a checkpoint's chat templates by name, from the places where transformers looks for them: files come before the configuration. */
final class NamedTemplates {
    static final String DEFAULT = "default";
    static final String TOOLS = "tool_use";

    private static final String SUFFIX = ".jinja";

    private NamedTemplates() {}

    static Map<String, String> read(Path folder, JsonNode config) {
        Map<String, String> sources = files(folder);
        if (!sources.isEmpty()) {
            return sources;
        }
        JsonNode template = config.path("chat_template");
        if (template.isTextual()) {
            sources.put(DEFAULT, template.asText());
        } else if (template.isArray()) {
            for (JsonNode named : template) {
                sources.put(named.path("name").asText(), named.path("template").asText());
            }
        } else {
            template.properties()
                    .forEach(named ->
                            sources.put(named.getKey(), named.getValue().asText()));
        }
        return sources;
    }

    private static Map<String, String> files(Path folder) {
        Map<String, String> sources = new TreeMap<>();
        Path single = folder.resolve("chat_template.jinja");
        Path more = folder.resolve("additional_chat_templates");
        try {
            if (Files.exists(single)) {
                sources.put(DEFAULT, Files.readString(single));
            }
            if (Files.isDirectory(more)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(more, "*" + SUFFIX)) {
                    for (Path file : files) {
                        String name = file.getFileName().toString();
                        sources.put(name.substring(0, name.length() - SUFFIX.length()), Files.readString(file));
                    }
                }
            }
        } catch (IOException e) {
            throw new ChatTemplateException("cannot read the chat templates in %s: %s".formatted(folder, e), e);
        }
        return sources;
    }
}
