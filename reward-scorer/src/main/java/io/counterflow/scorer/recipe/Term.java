package io.counterflow.scorer.recipe;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.ScorerId;
import java.util.List;

/**
 * One scorer's part in a reward: {@code weight * sign(standardise(clip(value)))}.
 *
 * @param scorer name of the scorer
 * @param version its version
 * @param weight factor
 * @param clip least and greatest value; what lies outside becomes the nearer of them
 * @param sign whether only the sign counts: -1, 0 or 1
 * @param use what happens without a score
 * @param otherwise the value that stands for a missing one, where {@code use} is OPTIONAL
 * @param standardise whether the value is measured in standard deviations from the mean of all values so far; null for no
 */
public record Term(
        @JsonPropertyDescription("Name of the scorer.") String scorer,
        @JsonPropertyDescription("Its version. Default: 1.") String version,

        @JsonPropertyDescription("Factor, from -1e6 to 1e6 (default 1); negative where less is better.")
        Double weight,

        @JsonPropertyDescription("[least, greatest]: what lies outside becomes the nearer of them. Default: none.")
        List<Double> clip,

        @JsonPropertyDescription("Whether only the sign of the value counts. Default: false.")
        Boolean sign,

        @JsonPropertyDescription(
                "REQUIRED: without a score a completion is left out; OPTIONAL: 'otherwise' stands in; SHADOW:"
                        + " recorded, not used, not waited for. Default: REQUIRED.")
        Use use,

        @JsonPropertyDescription("Value that stands for a missing one; needed with OPTIONAL.")
        Double otherwise,

        @JsonPropertyDescription(
                "Whether the value, after clip, becomes (value - mean) / standard deviation of all that were used"
                        + " for training so far; each group records the statistics that it was made with. Default: false.")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        Boolean standardise) {

    private static final double LARGEST = 1e6;
    private static final double FARTHEST = 1e12;

    /** What a scorer's outcome is to the reward. */
    public enum Use {
        /** A completion without this score has no reward. */
        REQUIRED,
        /** A completion without this score gets the value that the recipe's author chose. */
        OPTIONAL,
        /** The score is recorded where it is there in time, and changes nothing. */
        SHADOW
    }

    /** Fills in defaults and checks that the parts fit each other. */
    public Term {
        version = requireNonNullElse(version, "1");
        weight = requireNonNullElse(weight, 1.0);
        sign = requireNonNullElse(sign, false);
        use = requireNonNullElse(use, Use.REQUIRED);
        clip = clip == null ? List.of() : List.copyOf(clip);
        // Not spelt out where it is not used: recipes of before it keep their SHA-256.
        standardise = Boolean.TRUE.equals(standardise) ? standardise : null;
        ScorerId id = new ScorerId(scorer, version);
        if (!(Math.abs(weight) <= LARGEST)) {
            throw new IllegalArgumentException(
                    "weight " + weight + " of " + id + " must be finite, from " + -LARGEST + " to " + LARGEST);
        }
        if (!clip.isEmpty()
                && (clip.size() != 2
                        || !(clip.get(0) <= clip.get(1))
                        || clip.stream().anyMatch(bound -> !(Math.abs(bound) <= FARTHEST)))) {
            throw new IllegalArgumentException("clip " + clip + " of " + id
                    + " must be [least, greatest], e.g. [-5, 5], within " + -FARTHEST + " and " + FARTHEST);
        }
        if ((use == Use.OPTIONAL) != (otherwise != null)) {
            throw new IllegalArgumentException("scorer " + id + ": use: OPTIONAL and otherwise: VALUE belong together");
        }
        if (otherwise != null && !(Math.abs(otherwise) <= FARTHEST)) {
            throw new IllegalArgumentException("otherwise " + otherwise + " of " + id + " must be finite, within "
                    + -FARTHEST + " and " + FARTHEST);
        }
    }

    /** A required scorer of weight 1. */
    public static Term of(String scorer) {
        return new Term(scorer, null, null, null, null, null, null, null);
    }

    /** Name and version of the scorer. */
    public ScorerId id() {
        return new ScorerId(scorer, version);
    }

    /** Whether the term needs running statistics. */
    public boolean standardises() {
        return standardise != null && use != Use.SHADOW;
    }

    /** What the running statistics are of: the value within the bounds. */
    double clipped(double value) {
        return clip.isEmpty() ? value : Math.min(Math.max(value, clip.get(0)), clip.get(1));
    }

    double apply(double value, RunningStatistics statistics) {
        double clipped = clipped(value);
        double scaled = standardises() ? statistics.standardise(clipped) : clipped;
        return weight * (sign ? Math.signum(scaled) : scaled);
    }
}
