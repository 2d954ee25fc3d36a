package io.counterflow.scorer.service;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.decorator.ScorerSettings;
import java.util.Map;

/**
 * One scorer of a scoring service.
 *
 * @param kind which scorer, by the name of its factory
 * @param name name its scores carry
 * @param version version its scores carry
 * @param settings the scorer's own configuration
 * @param calls how it is called
 * @param maxInFlight completions of one partition that may be with the scorer at a time
 */
public record ScorerConfig(
        @JsonPropertyDescription("Which scorer, e.g. unit-tests.")
        String kind,

        @JsonPropertyDescription("Name its scores carry, when several of one kind run. Default: kind.")
        String name,

        @JsonPropertyDescription(
                "Version its scores carry; raise it whenever settings change what a score means. Default: 1.")
        String version,

        @JsonPropertyDescription("The scorer's own configuration.")
        Map<String, Object> settings,

        @JsonPropertyDescription("How it is called: batching, limits, retries, cache.")
        ScorerSettings calls,

        @JsonPropertyDescription("Completions of one partition that may be with the scorer at a time. Default: 256.")
        Integer maxInFlight) {

    /** Fills in defaults. */
    public ScorerConfig {
        if (kind == null) {
            throw new IllegalArgumentException("a scorer needs a kind, e.g. kind: unit-tests");
        }
        if (name == null && !ScorerId.isName(kind)) {
            throw new IllegalArgumentException("kind '" + kind
                    + "' is no name of a scorer, which has lower-case letters, digits and hyphens, e.g. unit-tests");
        }
        name = requireNonNullElse(name, kind);
        version = requireNonNullElse(version, "1");
        settings = settings == null ? Map.of() : Map.copyOf(settings);
        calls = requireNonNullElse(calls, ScorerSettings.defaults());
        maxInFlight = requireNonNullElse(maxInFlight, 256);
        if (maxInFlight < 1 || maxInFlight > 1_000_000) {
            throw new IllegalArgumentException(
                    "maxInFlight " + maxInFlight + " must be at least 1 and at most 1000000");
        }
        new ScorerId(name, version);
    }

    /** A scorer with all defaults. */
    public static ScorerConfig of(String kind) {
        return new ScorerConfig(kind, null, null, null, null, null);
    }

    /** Name and version. */
    public ScorerId id() {
        return new ScorerId(name, version);
    }
}
