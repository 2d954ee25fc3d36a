package io.counterflow.cli.report;

import java.util.Locale;

/** How numbers are written for people, in one place: what is unknown is a dash, and nothing is minus zero. */
public final class Figures {

    private static final String UNKNOWN = "-";

    private Figures() {}

    /** With so many digits after the point. */
    public static String number(double value, int digits) {
        return Double.isFinite(value) ? positiveZero(String.format(Locale.ROOT, "%." + digits + "f", value)) : UNKNOWN;
    }

    /** With so many significant digits. */
    public static String significant(double value, int digits) {
        return Double.isFinite(value) ? positiveZero(String.format(Locale.ROOT, "%." + digits + "g", value)) : UNKNOWN;
    }

    /** A share of 1 in percent. */
    public static String percent(double share) {
        return Double.isFinite(share) ? number(100 * share, 1) + " %" : UNKNOWN;
    }

    /** What rounds to zero from below has no sign. */
    private static String positiveZero(String text) {
        return text.matches("-0([.]0*)?(e[+-]?0+)?") ? text.substring(1) : text;
    }
}
