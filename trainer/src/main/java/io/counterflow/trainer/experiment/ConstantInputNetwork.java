package io.counterflow.trainer.experiment;

import java.util.SplittableRandom;

/**
 * {@code logits = W relu(w 1 + b) + c}: a hidden layer on the constant input 1, whose w and b start uniform in [-1, 1]
 * (the usual initialisation of a linear layer with one input), and a head whose W and c start at 0.
 */
final class ConstantInputNetwork implements PolicyParameters {

    private final int hidden;
    private final int arms;
    /** w, b, then W arm by arm, then c. */
    private final double[] values;

    ConstantInputNetwork(int hidden, int arms, SplittableRandom random) {
        this.hidden = hidden;
        this.arms = arms;
        this.values = new double[2 * hidden + arms * hidden + arms];
        for (int i = 0; i < 2 * hidden; i++) {
            values[i] = random.nextDouble(-1, 1);
        }
    }

    @Override
    public double[] values() {
        return values;
    }

    @Override
    public double[] logits() {
        double[] logits = new double[arms];
        for (int y = 0; y < arms; y++) {
            double logit = values[bias(y)];
            for (int j = 0; j < hidden; j++) {
                logit += values[head(y, j)] * activation(j);
            }
            logits[y] = logit;
        }
        return logits;
    }

    @Override
    public double[] backward(double[] logitGradient) {
        double[] gradient = new double[values.length];
        for (int y = 0; y < arms; y++) {
            gradient[bias(y)] = logitGradient[y];
            for (int j = 0; j < hidden; j++) {
                double activation = activation(j);
                if (activation > 0) {
                    gradient[head(y, j)] = logitGradient[y] * activation;
                    double throughUnit = logitGradient[y] * values[head(y, j)];
                    gradient[j] += throughUnit;
                    gradient[hidden + j] += throughUnit;
                }
            }
        }
        return gradient;
    }

    private double activation(int unit) {
        return Math.max(0, values[unit] + values[hidden + unit]);
    }

    private int head(int arm, int unit) {
        return 2 * hidden + arm * hidden + unit;
    }

    private int bias(int arm) {
        return 2 * hidden + arms * hidden + arm;
    }
}
