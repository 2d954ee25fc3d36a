package io.counterflow.trainer.batch;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Which groups a run is trained on. Bound from the YAML key {@code trainer.source}. */
public record SourceConfig(
        @JsonPropertyDescription("live (default): this run's groups as they arrive; offline: a fixed range of the log,"
                + " shuffled; follow: a range in its order, then whatever arrives.")
        SourceMode mode,

        @JsonPropertyDescription("Runs whose groups are used, by run id (offline, follow). Default: all runs.")
        List<String> runs,

        @JsonPropertyDescription(
                "Only groups of this recipe: NAME, or NAME@ and the beginning of its SHA-256 where the log"
                        + " has several of that name. Default: of any; a run learns from one, live the first that it meets.")
        String recipe,

        @JsonPropertyDescription("Ranges as partition:from-until, until excluded and optional, e.g. 0:0-1500 (offline,"
                + " follow). Partitions that are not named are left out. Default: everything.")
        List<String> offsets,

        @JsonPropertyDescription(
                "Only groups closed at or after this time, e.g. 2026-11-21T08:00:00Z (offline, follow).")
        String from,

        @JsonPropertyDescription("Only groups closed before this time (offline).")
        String until,

        @JsonPropertyDescription("Passes over the range (offline; default 1).")
        Integer epochs,

        @JsonPropertyDescription("Whether every epoch has an order of its own (offline; default true).")
        Boolean shuffle,

        @JsonPropertyDescription("Groups with a completion sampled more policy versions ago than this are set aside,"
                + " counted and named in the ledger. Default: none are; CoPG needs no such limit.")
        Integer maxStaleness,

        @JsonPropertyDescription("Whether the run ends when no more groups are in the log (follow; default false).")
        Boolean stopAtEnd,

        @JsonPropertyDescription(
                "Topic of the groups, without the log's prefix, e.g. scored-groups.NAME for groups that"
                        + " 'counterflow rescore' made after the recipe NAME. Default: scored-groups.")
        String topic) {

    public SourceConfig {
        mode = Objects.requireNonNullElse(mode, SourceMode.LIVE);
        runs = runs == null ? List.of() : List.copyOf(runs);
        offsets = offsets == null ? List.of() : List.copyOf(offsets);
        epochs = Objects.requireNonNullElse(epochs, 1);
        shuffle = Objects.requireNonNullElse(shuffle, true);
        stopAtEnd = Objects.requireNonNullElse(stopAtEnd, false);
        topic = Topic.groups("source.topic", Objects.requireNonNullElse(topic, Topic.SCORED_GROUPS.topicName()));
        if (epochs < 1 || epochs > 1_000_000) {
            throw new IllegalArgumentException(
                    "source.epochs is " + epochs + ", must be at least 1 and at most 1000000");
        }
        if (maxStaleness != null && (maxStaleness < 0 || maxStaleness > 1_000_000_000)) {
            throw new IllegalArgumentException(
                    "source.maxStaleness is " + maxStaleness + ", must be 0 or more and at most 1000000000");
        }
        if (mode == SourceMode.LIVE && (!runs.isEmpty() || !offsets.isEmpty() || from != null || until != null)) {
            throw new IllegalArgumentException("source.runs, offsets, from and until select from the past;"
                    + " with source.mode live the run's own groups are used. Set source.mode to offline or follow");
        }
        if (mode == SourceMode.FOLLOW && until != null) {
            throw new IllegalArgumentException("source.until ends a range, but source.mode follow has no end");
        }
        Set<Integer> partitions = new HashSet<>();
        offsets.stream()
                .map(SourceRange::parse)
                .filter(r -> !partitions.add(r.partition()))
                .findFirst()
                .ifPresent(r -> {
                    throw new IllegalArgumentException("source.offsets names partition " + r.partition() + " twice");
                });
    }

    /** The topic's name in this log. */
    public String topicName(Log log) {
        return log.config().topicPrefix() + topic;
    }

    public static SourceConfig live() {
        return new SourceConfig(SourceMode.LIVE, null, null, null, null, null, null, null, null, null, null);
    }

    /** All groups of some runs, shuffled for every epoch. */
    public static SourceConfig offline(List<String> runs, int epochs) {
        return new SourceConfig(SourceMode.OFFLINE, runs, null, null, null, null, epochs, null, null, null, null);
    }
}
