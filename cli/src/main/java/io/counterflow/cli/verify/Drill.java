package io.counterflow.cli.verify;

import java.nio.file.Path;

/**
 * A job and how it is disturbed.
 *
 * @param directory everything is kept here; should be empty
 * @param steps optimizer steps of each run
 * @param kills how often the trainer is killed at least, all runs together
 * @param brokerKills how often the broker is
 * @param scoringKills how often the Streams applications are
 * @param seed of the moments and of the samples
 */
public record Drill(Path directory, int steps, int kills, int brokerKills, int scoringKills, long seed) {

    static final int GROUPS_IN_STEP = 4;

    public Drill {
        if (steps < 10) {
            throw new IllegalArgumentException("steps is " + steps + ", must be at least 10");
        }
        if (kills < 0 || brokerKills < 0 || scoringKills < 0) {
            throw new IllegalArgumentException("kills must be 0 or more");
        }
        directory = directory.toAbsolutePath().normalize();
    }

    int groups() {
        return steps * GROUPS_IN_STEP;
    }
}
