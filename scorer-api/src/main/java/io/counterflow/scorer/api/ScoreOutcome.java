package io.counterflow.scorer.api;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/** How the scoring of one completion ended. */
public sealed interface ScoreOutcome {

    /**
     * There is a score.
     *
     * @param value the score, finite
     * @param components named parts that it was made of, finite
     * @param details anything worth reading later
     */
    record Scored(double value, Map<String, Double> components, Map<String, String> details) implements ScoreOutcome {

        /**
         * Checks that every number is finite.
         *
         * @throws IllegalArgumentException when one is not; {@link ScoreOutcome#of} makes a {@link Failed} of it instead
         */
        public Scored {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("score " + value + " is not finite");
            }
            components = Map.copyOf(components);
            details = Map.copyOf(details);
            components.forEach((name, part) -> {
                if (!Double.isFinite(part)) {
                    throw new IllegalArgumentException(
                            "component " + name + " of the score is " + part + ", not finite");
                }
            });
        }
    }

    /**
     * Scoring failed; another try may succeed.
     *
     * @param cause why, in one line
     */
    record Failed(String cause) implements ScoreOutcome {
        /** Checks that a cause is given. */
        public Failed {
            requireNonNull(cause, "cause is null");
        }
    }

    /**
     * The scorer did not answer in time; another try may succeed.
     *
     * @param cause which limit passed
     */
    record TimedOut(String cause) implements ScoreOutcome {
        /** Checks that a cause is given. */
        public TimedOut {
            requireNonNull(cause, "cause is null");
        }
    }

    /**
     * This completion can never be scored by this scorer, e.g. because its prompt carries no tests.
     *
     * @param cause why, in one line
     */
    record Rejected(String cause) implements ScoreOutcome {
        /** Checks that a cause is given. */
        public Rejected {
            requireNonNull(cause, "cause is null");
        }
    }

    /** {@link Scored} with a value alone, or {@link Failed} where it is not finite. */
    static ScoreOutcome of(double value) {
        return of(value, Map.of(), Map.of());
    }

    /** {@link Scored}, or {@link Failed} where any number is not finite. */
    static ScoreOutcome of(double value, Map<String, Double> components, Map<String, String> details) {
        try {
            return new Scored(value, components, details);
        } catch (IllegalArgumentException e) {
            return new Failed(e.getMessage());
        }
    }
}
