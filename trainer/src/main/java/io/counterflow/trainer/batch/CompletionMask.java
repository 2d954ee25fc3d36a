package io.counterflow.trainer.batch;

import java.util.Arrays;
import java.util.List;

/**
 * Which tokens of a completion the policy wrote; the others are what a tool or an environment said. The policy reads those, and is not judged by their
 * probability. Immutable.
 */
public final class CompletionMask {

    /** The policy wrote every token. */
    public static final CompletionMask ALL = new CompletionMask(new boolean[0]);

    private final boolean[] mask;
    private final int written;

    private CompletionMask(boolean[] mask) {
        this.mask = mask;
        int count = 0;
        for (boolean own : mask) {
            count += own ? 1 : 0;
        }
        written = count;
    }

    /** As a record has it: one for each token, or none where the policy wrote all. */
    public static CompletionMask of(List<Boolean> record) {
        if (record.isEmpty()) {
            return ALL;
        }
        boolean[] mask = new boolean[record.size()];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = record.get(i);
        }
        return new CompletionMask(mask);
    }

    /** Whether it can be the mask of so many tokens. */
    public boolean fits(int tokens) {
        return mask.length == 0 || mask.length == tokens;
    }

    /** How many of a completion's tokens the policy wrote. */
    public int written(int tokens) {
        return mask.length == 0 ? tokens : written;
    }

    /**
     * The values of the tokens that the policy wrote, in order.
     *
     * @param values one a token of the completion; the same array comes back where the policy wrote all
     */
    public float[] pick(float[] values) {
        requireFit(values.length);
        if (mask.length == 0) {
            return values;
        }
        float[] picked = new float[written];
        int next = 0;
        for (int t = 0; t < values.length; t++) {
            if (mask[t]) {
                picked[next++] = values[t];
            }
        }
        return picked;
    }

    /**
     * The opposite of {@link #pick}: values of the tokens that the policy wrote, in their places, and 0 elsewhere.
     *
     * @param picked one a token that the policy wrote
     * @param tokens of the completion
     */
    public double[] spread(double[] picked, int tokens) {
        requireFit(tokens);
        if (picked.length != written(tokens)) {
            throw new IllegalArgumentException(
                    picked.length + " values for " + written(tokens) + " tokens that the policy wrote");
        }
        if (mask.length == 0) {
            return picked;
        }
        double[] spread = new double[tokens];
        int next = 0;
        for (int t = 0; t < tokens; t++) {
            if (mask[t]) {
                spread[t] = picked[next++];
            }
        }
        return spread;
    }

    private void requireFit(int tokens) {
        if (!fits(tokens)) {
            throw new IllegalArgumentException("a mask of " + mask.length + " for " + tokens + " tokens");
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CompletionMask that && Arrays.equals(mask, that.mask);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(mask);
    }

    @Override
    public String toString() {
        return mask.length == 0 ? "all" : Arrays.toString(mask);
    }
}
