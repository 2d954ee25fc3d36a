package io.counterflow.examples.readingease;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/**
 * Settings of the scorer, bound from {@code settings} in the run's YAML file; a key that is not here is refused.
 *
 * @param wanted the ease that is wanted; null to score the ease itself
 */
public record ReadingEaseConfig(
        @JsonPropertyDescription(
                "The ease that is wanted, e.g. 60 for plain English: the score is minus the distance from it."
                        + " Default: the score is the ease itself.")
        Double wanted) {

    /** Checks what was given: its message is what the user reads. */
    public ReadingEaseConfig {
        if (wanted != null && !(wanted >= 0 && wanted <= 121)) {
            throw new IllegalArgumentException("wanted " + wanted + " must be between 0 and 121, the easiest there is");
        }
    }
}
