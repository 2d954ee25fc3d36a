package io.counterflow.trainer.batch;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** Where a run's groups come from. */
public enum SourceMode {
    /** The groups of this very run, as they arrive. */
    LIVE,
    /** A fixed range of the log, shuffled anew for every epoch. */
    OFFLINE,
    /** A range of the log in its order first, then whatever arrives. */
    FOLLOW;

    @JsonValue
    public String configName() {
        return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator
    public static SourceMode fromConfigName(String name) {
        return Arrays.stream(values())
                .filter(m -> m.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("source.mode '" + name + "' is none of live, offline, follow"));
    }
}
