package io.counterflow.scorer.text;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.util.Map;

/** {@code length}: how long a completion is, or how well its length fits a range. */
public final class LengthScorerFactory implements ScorerFactory<LengthScorerFactory.Config> {

    /** What is counted. */
    public enum Unit {
        /** UTF-16 code units. */
        CHARACTERS,
        /** Runs of letters and digits. */
        WORDS
    }

    /**
     * Configuration.
     *
     * @param unit what is counted
     * @param min least length that is right
     * @param max greatest length that is right
     */
    public record Config(
            @JsonPropertyDescription("characters or words. Default: words.")
            Unit unit,

            @JsonPropertyDescription("Least length that is right. Default: none.")
            Integer min,

            @JsonPropertyDescription(
                    "Greatest length that is right (default none); without min and max the score is the length.")
            Integer max) {
        /** Fills in defaults. */
        public Config {
            unit = requireNonNullElse(unit, Unit.WORDS);
            if (min != null && (min < 0 || min > 1_000_000_000)
                    || max != null && (max < 1 || max > 1_000_000_000)
                    || min != null && max != null && min > max) {
                throw new IllegalArgumentException("min " + min + " must be 0 or more, and max " + max
                        + " not less than it; both at most 1000000000");
            }
        }
    }

    /** For the service loader. */
    public LengthScorerFactory() {}

    @Override
    public String name() {
        return "length";
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    /** Without bounds the length; with them 1 inside, and outside the ratio of length and bound, in (0, 1). */
    @Override
    public Scorer create(Config config) {
        return new EachScorer(request -> {
            int length = length(config.unit, request);
            double value = length;
            if (config.min != null || config.max != null) {
                boolean tooShort = config.min != null && length < config.min;
                boolean tooLong = config.max != null && length > config.max;
                value = tooShort ? (double) length / config.min : tooLong ? (double) config.max / length : 1;
            }
            return ScoreOutcome.of(value, Map.of("length", (double) length), Map.of());
        });
    }

    private static int length(Unit unit, ScoreRequest request) {
        return unit == Unit.CHARACTERS
                ? request.completion().length()
                : Words.of(request.completion()).size();
    }
}
