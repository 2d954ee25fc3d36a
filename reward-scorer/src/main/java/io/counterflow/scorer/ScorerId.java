package io.counterflow.scorer;

import java.util.regex.Pattern;

/**
 * Which scorer, in which version; written {@code name@version}.
 *
 * @param name lower-case letters, digits and hyphens
 * @param version letters, digits, dots and hyphens
 */
public record ScorerId(String name, String version) implements Comparable<ScorerId> {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");
    private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]*");

    /** Checks both parts. */
    public ScorerId {
        if (name == null || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "scorer name '" + name + "': use lower-case letters, digits and hyphens, e.g. unit-tests");
        }
        if (version == null || !VERSION.matcher(version).matches()) {
            throw new IllegalArgumentException(
                    "scorer version '" + version + "': use letters, digits, dots and hyphens, e.g. 1 or 2024-05");
        }
    }

    /** Whether a text can be the name of a scorer. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** Reads {@code name@version}; a bare name is its version 1. */
    public static ScorerId parse(String text) {
        int at = text.indexOf('@');
        return at < 0 ? new ScorerId(text, "1") : new ScorerId(text.substring(0, at), text.substring(at + 1));
    }

    @Override
    public int compareTo(ScorerId other) {
        int byName = name.compareTo(other.name);
        return byName != 0 ? byName : version.compareTo(other.version);
    }

    @Override
    public String toString() {
        return name + "@" + version;
    }
}
