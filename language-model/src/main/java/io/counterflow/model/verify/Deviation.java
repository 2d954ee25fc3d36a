package io.counterflow.model.verify;

import java.util.Arrays;
import java.util.Locale;

/**
 * How far one computed value is from the expected one; of many values, the one that is furthest off.
 *
 * @param name what was computed
 * @param expected the value that other software computed
 * @param computed the value that was computed here
 * @param deviation their distance: absolute or relative as the tolerance is, 1 for things that are equal or not and differ
 * @param tolerance the largest distance that is fine
 * @param ok whether it is
 */
public record Deviation(String name, String expected, String computed, double deviation, double tolerance, boolean ok) {

    /** Compares numbers by their absolute distance. */
    static Deviation absolute(String name, double[] expected, double[] computed, double tolerance) {
        return compare(name, expected, computed, tolerance, false);
    }

    static Deviation absolute(String name, double expected, double computed, double tolerance) {
        return absolute(name, new double[] {expected}, new double[] {computed}, tolerance);
    }

    /** Compares numbers by their distance in relation to the expected number. */
    static Deviation relative(String name, double expected, double computed, double tolerance) {
        return compare(name, new double[] {expected}, new double[] {computed}, tolerance, true);
    }

    private static Deviation compare(
            String name, double[] expected, double[] computed, double tolerance, boolean relative) {
        if (expected.length != computed.length) {
            return new Deviation(
                    name,
                    expected.length + " values",
                    computed.length + " values",
                    Double.POSITIVE_INFINITY,
                    tolerance,
                    false);
        }
        int worst = -1;
        double largest = -1;
        for (int i = 0; i < expected.length; i++) {
            double distance = Math.abs(expected[i] - computed[i]);
            double deviation = distance == 0 || !relative ? distance : distance / Math.abs(expected[i]);
            // Written so that a value that is no number counts as the worst.
            if (!(deviation <= largest)) {
                largest = Double.isNaN(deviation) ? Double.POSITIVE_INFINITY : deviation;
                worst = i;
            }
        }
        if (worst < 0) {
            return new Deviation(name, "nothing", "nothing", 0, tolerance, true);
        }
        return new Deviation(
                name, number(expected[worst]), number(computed[worst]), largest, tolerance, largest <= tolerance);
    }

    /** Compares token ids, which must be the same. */
    static Deviation ids(String name, int[] expected, int[] computed) {
        int first = Arrays.mismatch(expected, computed);
        if (first < 0) {
            String same = expected.length + " ids";
            return new Deviation(name, same, same, 0, 0, true);
        }
        return new Deviation(name, at(expected, first), at(computed, first), 1, 0, false);
    }

    /** Compares texts, which must be the same. */
    static Deviation text(String name, String expected, String computed) {
        boolean same = expected.equals(computed);
        return new Deviation(name, shorten(expected), shorten(computed), same ? 0 : 1, 0, same);
    }

    /** What is expected and cannot be computed. */
    static Deviation missing(String name, String why) {
        return new Deviation(name, "a text", why, 1, 0, false);
    }

    private static String at(int[] ids, int place) {
        return place < ids.length ? "%d at %d".formatted(ids[place], place) : "%d ids".formatted(ids.length);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.7g", value);
    }

    private static String shorten(String text) {
        String line = text.replace("\n", "\\n");
        return line.length() <= 24 ? line : line.substring(0, 23) + "…";
    }
}
