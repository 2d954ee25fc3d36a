package io.counterflow.scorer.text;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.time.Duration;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** {@code regex}: one value where a pattern is found, another where not. */
public final class RegexScorerFactory implements ScorerFactory<RegexScorerFactory.Config> {

    /**
     * Configuration.
     *
     * @param pattern a {@link Pattern}; flags as in {@code (?s)}
     * @param whole whether the whole completion must match
     * @param found value where it matches
     * @param otherwise value where it does not
     * @param timeLimit time that one completion may take
     */
    public record Config(
            @JsonPropertyDescription("A Java regular expression; flags as in (?is).")
            String pattern,

            @JsonPropertyDescription("Whether the whole completion must match, not a part. Default: false.")
            Boolean whole,

            @JsonPropertyDescription("Value where it matches. Default: 1.")
            Double found,

            @JsonPropertyDescription("Value where it does not. Default: 0.")
            Double otherwise,

            @JsonPropertyDescription("Time that matching one completion may take. Default: 2s.")
            Duration timeLimit) {
        /** Fills in defaults and compiles the pattern. */
        public Config {
            if (pattern == null) {
                throw new IllegalArgumentException("the regex scorer needs a pattern");
            }
            try {
                Pattern.compile(pattern);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(
                        "pattern '" + pattern + "' is no regular expression: " + e.getDescription()
                                + (e.getIndex() < 0 ? "" : " at character " + (e.getIndex() + 1)),
                        e);
            }
            whole = requireNonNullElse(whole, false);
            found = requireNonNullElse(found, 1.0);
            otherwise = requireNonNullElse(otherwise, 0.0);
            if (!(Math.abs(found) <= 1e6 && Math.abs(otherwise) <= 1e6)) {
                throw new IllegalArgumentException(
                        "found " + found + " and otherwise " + otherwise + " must be from -1e6 to 1e6");
            }
            timeLimit = requireNonNullElse(timeLimit, Duration.ofSeconds(2));
            if (timeLimit.isNegative() || timeLimit.isZero()) {
                throw new IllegalArgumentException("timeLimit " + timeLimit + " must be positive");
            }
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
            var matcher = pattern.matcher(new LimitedText(request.completion(), config.timeLimit));
            boolean matches = config.whole ? matcher.matches() : matcher.find();
            return ScoreOutcome.of(matches ? config.found : config.otherwise);
        });
    }
}
