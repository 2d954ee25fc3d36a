package io.counterflow.trainer.objective;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * An objective with a weighted likelihood term beside it, {@code L + w L_SFT}: keeps a policy near good samples, as
 * Command A does with its hybrid cross-entropy loss (arXiv 2504.00698).
 *
 * @param objective L
 * @param weight w; positive
 * @param likelihood L_SFT
 */
public record WithLikelihood(Objective objective, double weight, Likelihood likelihood) implements Objective {

    public WithLikelihood {
        Objects.requireNonNull(objective, "objective");
        Objects.requireNonNull(likelihood, "likelihood");
        Checks.positive("weight", weight);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        GroupLoss main = objective.evaluate(group);
        GroupLoss auxiliary = likelihood.evaluate(group);
        double[][] gradient = new double[group.size()][];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = new double[group.get(i).length()];
            for (int t = 0; t < gradient[i].length; t++) {
                gradient[i][t] = main.gradient()[i][t] + weight * auxiliary.gradient()[i][t];
            }
        }
        Map<String, Double> metrics = new HashMap<>(main.metrics());
        metrics.put("loss.objective", main.loss());
        metrics.put("loss.likelihood", auxiliary.loss());
        return new GroupLoss(main.loss() + weight * auxiliary.loss(), gradient, metrics);
    }

    @Override
    public Set<Requirement> requirements() {
        return objective.requirements();
    }
}
