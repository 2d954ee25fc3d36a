package io.counterflow.scorer.encoding;

import io.counterflow.scorer.api.ScoreRequest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text with places for {@code {prompt}}, {@code {completion}} and {@code {metadata.NAME}}. Other braces stand for themselves. Immutable.
 */
public final class Template {

    /** The prompt followed by the completion. */
    public static final Template PLAIN = of("{prompt}{completion}");

    private static final Pattern PLACE = Pattern.compile("\\{(prompt|completion|metadata\\.([^{}]+))}");

    private final String text;

    private Template(String text) {
        this.text = text;
    }

    /**
     * A template.
     *
     * @throws IllegalArgumentException when the completion has no place in it
     */
    public static Template of(String text) {
        if (!text.contains("{completion}")) {
            throw new IllegalArgumentException(
                    "template '" + text + "' has no {completion}; write e.g. {prompt}{completion}");
        }
        return new Template(text);
    }

    /**
     * The template with everything in its place.
     *
     * @throws IllegalArgumentException when the metadata has no such entry
     */
    public String fill(ScoreRequest request) {
        return PLACE.matcher(text)
                .replaceAll(place -> Matcher.quoteReplacement(value(place.group(1), place.group(2), request)));
    }

    private static String value(String name, String entry, ScoreRequest request) {
        return switch (name) {
            case "prompt" -> request.prompt();
            case "completion" -> request.completion();
            default -> {
                String value = request.metadata().get(entry);
                if (value == null) {
                    throw new IllegalArgumentException("the prompt's metadata has no '" + entry + "'");
                }
                yield value;
            }
        };
    }

    @Override
    public String toString() {
        return text;
    }
}
