package io.counterflow.scorer.text;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.ScoreOutcome;
import io.counterflow.scorer.Scorer;
import io.counterflow.scorer.ScorerFactory;
import java.util.regex.Pattern;

/** {@code regex}: one value where a pattern is found, another where not. */
public final class RegexScorerFactory implements ScorerFactory<RegexScorerFactory.Config> {

    /**
     * Configuration.
     *
     * @param pattern a {@link Pattern}; flags as in {@code (?s)}
     * @param whole whether the whole completion must match
     * @param found value where it matches
     * @param otherwise value where it does not
     */
    public record Config(
            @JsonPropertyDescription("A Java regular expression; flags as in (?is).")
            String pattern,

            @JsonPropertyDescription("Whether the whole completion must match, not a part. Default: false.")
            Boolean whole,

            @JsonPropertyDescription("Value where it matches. Default: 1.")
            Double found,

            @JsonPropertyDescription("Value where it does not. Default: 0.")
            Double otherwise) {
        /** Fills in defaults and compiles the pattern. */
        public Config {
            if (pattern == null) {
                throw new IllegalArgumentException("the regex scorer needs a pattern");
            }
            Pattern.compile(pattern);
            whole = requireNonNullElse(whole, false);
            found = requireNonNullElse(found, 1.0);
            otherwise = requireNonNullElse(otherwise, 0.0);
        }
    }

    /** For the service loader. */
    public RegexScorerFactory() {}

    @Override
    public String name() {
        return "regex";
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public Scorer create(Config config) {
        Pattern pattern = Pattern.compile(config.pattern);
        return new EachScorer(request -> {
            var matcher = pattern.matcher(new InterruptibleText(request.completion()));
            boolean matches = config.whole ? matcher.matches() : matcher.find();
            return ScoreOutcome.of(matches ? config.found : config.otherwise);
        });
    }

    /** Some patterns take for ever on some texts, and the engine cannot be stopped but by the text itself. */
    private record InterruptibleText(CharSequence text) implements CharSequence {
        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("interrupted while matching");
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new InterruptibleText(text.subSequence(start, end));
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
