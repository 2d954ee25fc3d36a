package io.counterflow.cli.config;

import java.util.Objects;

/**
 * A key of the configuration that has an option of its own on the command line.
 *
 * @param option the option with its value, as the user gave it; faults begin with it
 * @param assignment the key and its value, as for {@link ConfigFile#set}
 */
public record OptionSetting(String option, String assignment) {

    public OptionSetting {
        Objects.requireNonNull(option, "option");
        Objects.requireNonNull(assignment, "assignment");
    }

    /** Of an option with a value that is a text of YAML already. */
    public static OptionSetting of(String option, String key, Object value) {
        return new OptionSetting(option + " " + value, key + "=" + value);
    }

    /** Of an option with a value that is a text, whatever is in it. */
    public static OptionSetting ofText(String option, String key, String text) {
        return new OptionSetting(option + " " + text, key + "=" + quoted(text));
    }

    /** A text as YAML. */
    public static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
