package io.counterflow.scorer.training;

/**
 * {@code -ln σ(r⁺ - r⁻)} of the rewards of a preferred completion and of another (Bradley and Terry 1952, "Rank Analysis of Incomplete Block
 * Designs"; Ouyang et al. 2022, "Training language models to follow instructions with human feedback", equation 1, with pairs). Takes two
 * inputs with one logit each, the preferred one first.
 */
public record BradleyTerry() implements ScorerLoss {

    @Override
    public double value(float[][] logits, int target) {
        double margin = margin(logits);
        return Math.max(-margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)));
    }

    @Override
    public float[][] gradient(float[][] logits, int target) {
        float slope = (float) (-1 / (1 + Math.exp(margin(logits))));
        return new float[][] {{slope}, {-slope}};
    }

    private static double margin(float[][] logits) {
        return (double) logits[0][0] - logits[1][0];
    }
}
