package io.counterflow.trainer.objective;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What an objective says of one group.
 *
 * @param loss to be minimised
 * @param gradient {@code gradient[i][t]} is d loss / d ln pi of token t of completion i
 * @param metrics further numbers by name, of which a batch reports the mean over its groups
 */
public record GroupLoss(double loss, double[][] gradient, Map<String, Double> metrics) {

    public GroupLoss {
        Objects.requireNonNull(gradient, "gradient");
        metrics = Map.copyOf(metrics);
    }

    public GroupLoss(double loss, double[][] gradient) {
        this(loss, gradient, Map.of());
    }

    /**
     * Of an objective of sums over tokens: every token of a completion has the same derivative.
     *
     * @param coefficients d loss / d ln pi(y_i), one for each completion
     */
    static GroupLoss ofSequences(double loss, double[] coefficients, List<ScoredCompletion> group) {
        double[][] gradient = new double[group.size()][];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = new double[group.get(i).length()];
            Arrays.fill(gradient[i], coefficients[i]);
        }
        return new GroupLoss(loss, gradient);
    }
}
