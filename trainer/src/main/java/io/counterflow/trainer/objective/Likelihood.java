package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Supervised fine-tuning: the likelihood of chosen completions, {@code L = -(1/n) sum_{chosen} ln pi(y_i)}, summed over
 * tokens.
 *
 * @param chosen which completions of a group are imitated
 */
public record Likelihood(Chosen chosen) implements Objective {

    /** Which completions of a group are imitated. */
    public enum Chosen {
        /** Those with the largest reward of the group (best of k); several where they are equal. */
        BEST,
        /** All of them, whatever their reward. */
        ALL
    }

    public Likelihood {
        Objects.requireNonNull(chosen, "chosen");
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        double best = group.stream().mapToDouble(ScoredCompletion::reward).max().orElseThrow();
        long n = chosen == Chosen.ALL
                ? group.size()
                : group.stream().filter(c -> c.reward() == best).count();
        double loss = 0;
        double[] gradient = new double[group.size()];
        for (int i = 0; i < gradient.length; i++) {
            if (chosen == Chosen.ALL || group.get(i).reward() == best) {
                gradient[i] = -1.0 / n;
                loss -= group.get(i).policy().sum() / n;
            }
        }
        return GroupLoss.ofSequences(loss, gradient, group);
    }

    @Override
    public Set<Requirement> requirements() {
        return Set.of();
    }
}
