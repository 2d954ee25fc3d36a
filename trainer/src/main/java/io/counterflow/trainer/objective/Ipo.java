package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Set;

/**
 * Identity preference optimisation, arXiv 2310.12036, in the scale of CoPG's Property 3:
 *
 * <pre>  L = (1/2 - beta (h_w - h_l))^2 / (2 beta)        dL/d ln pi(y_w) = -(1/2 - beta (h_w - h_l))</pre>
 *
 * for a preferred completion w and a dispreferred one l (see the mean over the pairs of a larger group in
 * {@code PreferencePairs}). It is {@link Copg} with rewards +1/4 and -1/4. The scale of the IPO paper and of TRL,
 * {@code (h_w - h_l - 1/(2 beta))^2}, is {@code 2 / beta} times this one.
 *
 * @param beta temperature; positive
 * @param lengthNormalised whether {@code h / |y|} stands for h, as in the IPO authors' own experiments and in TRL
 */
public record Ipo(double beta, boolean lengthNormalised) implements Objective {

    public Ipo {
        Checks.positive("beta", beta);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        double[] ratios = new double[group.size()];
        double[] derivatives = new double[group.size()];
        for (int i = 0; i < ratios.length; i++) {
            ScoredCompletion completion = group.get(i);
            derivatives[i] = lengthNormalised ? 1.0 / Checks.divisor(completion) : 1;
            ratios[i] = completion.logRatio() * derivatives[i];
        }
        return PreferencePairs.mean(group, ratios, derivatives, margin -> {
            double residual = 0.5 - beta * margin;
            return new double[] {residual * residual / (2 * beta), -residual};
        });
    }

    @Override
    public Set<Requirement> requirements() {
        return Set.of(Requirement.REFERENCE);
    }
}
