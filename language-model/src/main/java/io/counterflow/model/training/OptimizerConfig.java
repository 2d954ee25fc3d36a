package io.counterflow.model.training;

/**
 * AdamW (Loshchilov and Hutter, Decoupled Weight Decay Regularization, arXiv:1711.05101). The learning rate comes with each step.
 *
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 * @param weightDecay times the learning rate, taken off matrices and embeddings; never off norms and biases
 * @param maxGradientNorm longer gradients are scaled down to this; 0 leaves them alone
 */
public record OptimizerConfig(double beta1, double beta2, double epsilon, double weightDecay, double maxGradientNorm) {
    public OptimizerConfig {
        if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException(
                    "beta1 is " + beta1 + ", beta2 is " + beta2 + "; each must be at least 0 and below 1");
        }
        if (!(epsilon > 0)) {
            throw new IllegalArgumentException("epsilon is " + epsilon + "; it must be above 0");
        }
        if (!(weightDecay >= 0)) {
            throw new IllegalArgumentException("weightDecay is " + weightDecay + "; it must be 0 (none) or more");
        }
        if (!(maxGradientNorm >= 0)) {
            throw new IllegalArgumentException(
                    "maxGradientNorm is " + maxGradientNorm + "; it must be 0 (no clipping) or more");
        }
    }

    /** 0.9, 0.95, 1e-8, no decay, clipping at 1. */
    public static OptimizerConfig standard() {
        return new OptimizerConfig(0.9, 0.95, 1e-8, 0, 1);
    }

    public OptimizerConfig withWeightDecay(double weightDecay) {
        return new OptimizerConfig(beta1, beta2, epsilon, weightDecay, maxGradientNorm);
    }

    public OptimizerConfig withMaxGradientNorm(double maxGradientNorm) {
        return new OptimizerConfig(beta1, beta2, epsilon, weightDecay, maxGradientNorm);
    }

    public OptimizerConfig withBetas(double beta1, double beta2) {
        return new OptimizerConfig(beta1, beta2, epsilon, weightDecay, maxGradientNorm);
    }
}
