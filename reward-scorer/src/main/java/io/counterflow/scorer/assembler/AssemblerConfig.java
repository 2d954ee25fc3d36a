package io.counterflow.scorer.assembler;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.log.Topic;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.streams.StreamsSettings;
import java.time.Duration;

/**
 * Configuration of an {@link AssemblerService}.
 *
 * @param recipe the recipe it follows
 * @param topic where its groups go, without the log's prefix
 * @param rememberClosed how long a closed group is remembered
 * @param streams how the application runs
 */
public record AssemblerConfig(
        @JsonPropertyDescription("How scores become a reward.")
        Recipe recipe,

        @JsonPropertyDescription(
                "Topic the groups go to, without the log's prefix; made like scored-groups where it is missing."
                        + " Default: scored-groups.")
        String topic,

        @JsonPropertyDescription(
                "How long a closed group is remembered, so that a late duplicate does not open it again. Default: 7d.")
        Duration rememberClosed,

        @JsonPropertyDescription("How the application runs.")
        StreamsSettings streams) {

    /** Fills in defaults. */
    public AssemblerConfig {
        recipe = requireNonNullElse(recipe, new Recipe(null, null, null, null));
        topic = Topic.groups("topic", requireNonNullElse(topic, Topic.SCORED_GROUPS.topicName()));
        rememberClosed = requireNonNullElse(rememberClosed, Duration.ofDays(7));
        streams = requireNonNullElse(streams, StreamsSettings.defaults());
        if (rememberClosed.compareTo(Duration.ofMinutes(1)) < 0) {
            throw new IllegalArgumentException("rememberClosed " + rememberClosed + " must be at least a minute");
        }
    }

    /** All defaults. */
    public static AssemblerConfig defaults() {
        return new AssemblerConfig(null, null, null, null);
    }
}
