package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Set;

/**
 * REINFORCE leave-one-out (arXiv 2402.14740; CoPG's Eq. 65).
 *
 * <p>Without clipping, the regularised reward follows the policy as it is trained, and the gradient is that of
 * {@link Copg} (its Property 2):
 *
 * <pre>  A_i = a_i - mean_{j != i} a_j        L = -sum_i sg(A_i) ln pi(y_i)</pre>
 *
 * With clipping ("proximal RLOO"), as toolkits run it on samples that are some steps old: the KL term is the one at
 * sampling time, {@code a_i = R_i - beta (ln mu - ln pi_ref)}, and with the sequence ratio
 * {@code r_i = pi(y_i) / mu(y_i)}
 *
 * <pre>  L = -sum_i min(r_i A_i, clip(r_i, 1 - c, 1 + c) A_i)</pre>
 *
 * @param beta weight of the KL divergence to the reference; 0 or more
 * @param clip c, between 0 and 1, or null for the form without clipping
 */
public record Rloo(double beta, Double clip) implements Objective {

    public Rloo {
        Checks.notNegative("beta", beta);
        if (clip != null) {
            Checks.clip(clip);
        }
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        return clip == null ? unclipped(group) : clipped(group);
    }

    private GroupLoss unclipped(List<ScoredCompletion> group) {
        double[] advantages = LeaveOneOut.of(group.stream()
                        .mapToDouble(c -> c.regularisedReward(beta))
                        .toArray())
                .advantages();
        double loss = 0;
        double[] gradient = new double[advantages.length];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = -advantages[i];
            loss += gradient[i] * group.get(i).policy().sum();
        }
        return GroupLoss.ofSequences(loss, gradient, group);
    }

    private GroupLoss clipped(List<ScoredCompletion> group) {
        double[] advantages = LeaveOneOut.of(group.stream()
                        .mapToDouble(c -> c.reward()
                                - beta
                                        * (c.requireBehaviour().sum()
                                                - c.requireReference().sum()))
                        .toArray())
                .advantages();
        double loss = 0;
        double[] gradient = new double[advantages.length];
        for (int i = 0; i < gradient.length; i++) {
            ClippedRatio term = ClippedRatio.of(group.get(i).behaviourLogRatio(), advantages[i], clip);
            loss -= term.value();
            gradient[i] = -term.derivative();
        }
        return GroupLoss.ofSequences(loss, gradient, group);
    }

    @Override
    public Set<Requirement> requirements() {
        return clip == null ? Set.of(Requirement.REFERENCE) : Set.of(Requirement.REFERENCE, Requirement.BEHAVIOUR);
    }
}
