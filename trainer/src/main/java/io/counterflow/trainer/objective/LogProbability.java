package io.counterflow.trainer.objective;

import java.util.Arrays;
import java.util.Objects;

/**
 * The log-probability of a completion in nats: its sum over tokens, with the terms where they are known.
 *
 * @param sum sum over the completion's tokens, end-of-sequence token included
 * @param tokens one term per completion token, or null where only the sum is known
 */
public record LogProbability(double sum, double[] tokens) {

    /** Of a completion whose tokens are known one by one; the sum is taken here, in order. */
    public static LogProbability ofTokens(double... tokens) {
        Objects.requireNonNull(tokens, "tokens");
        double sum = 0;
        for (double token : tokens) {
            sum += token;
        }
        return new LogProbability(sum, tokens);
    }

    /** As {@link #ofTokens(double...)}, from the floats that a model returns. */
    public static LogProbability ofTokens(float[] tokens) {
        double[] wide = new double[tokens.length];
        for (int t = 0; t < tokens.length; t++) {
            wide[t] = tokens[t];
        }
        return ofTokens(wide);
    }

    /** Of a completion of which only the sum is known. */
    public static LogProbability ofSum(double sum) {
        return new LogProbability(sum, null);
    }

    public boolean hasTokens() {
        return tokens != null;
    }

    /** Number of tokens; only where they are known. */
    public int length() {
        return tokens.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LogProbability that
                && Double.compare(sum, that.sum) == 0
                && Arrays.equals(tokens, that.tokens);
    }

    @Override
    public int hashCode() {
        return 31 * Double.hashCode(sum) + Arrays.hashCode(tokens);
    }

    @Override
    public String toString() {
        return "LogProbability[sum=" + sum + ", tokens=" + Arrays.toString(tokens) + "]";
    }
}
