package io.counterflow.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The CoPG loss of one pair, (ΔR − β Δh)² / (2β), as the fixtures have it; h = ln π − ln π_ref. */
final class CopgPair implements LogProbabilityGradient {
    private final double beta;
    private final double[] rewards;
    private final double[] reference;
    double loss;

    CopgPair(double beta, double[] rewards, double[] reference) {
        this.beta = beta;
        this.rewards = rewards;
        this.reference = reference;
    }

    @Override
    public List<float[]> upstream(List<float[]> tokenLogProbabilities) {
        double[] ratio = new double[2];
        for (int i = 0; i < 2; i++) {
            for (float value : tokenLogProbabilities.get(i)) {
                ratio[i] += value;
            }
            ratio[i] -= reference[i];
        }
        double difference = rewards[0] - rewards[1] - beta * (ratio[0] - ratio[1]);
        loss = difference * difference / (2 * beta);
        List<float[]> slopes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            float[] row = new float[tokenLogProbabilities.get(i).length];
            Arrays.fill(row, (float) (i == 0 ? -difference : difference));
            slopes.add(row);
        }
        return slopes;
    }
}
