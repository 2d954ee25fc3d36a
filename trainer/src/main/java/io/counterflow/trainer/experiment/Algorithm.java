package io.counterflow.trainer.experiment;

import io.counterflow.trainer.objective.Baseline;
import io.counterflow.trainer.objective.Copg;
import io.counterflow.trainer.objective.Ipo;
import io.counterflow.trainer.objective.Objective;
import io.counterflow.trainer.objective.PolicyGradient;

/**
 * The four that CoPG's figure 1 compares, and where each ends on the paper's bandit: the limit of its expected updates,
 * without sampling noise and with all the steps it needs.
 */
public enum Algorithm {
    /** {@link Copg} on the rewards. */
    COPG("CoPG", 0) {
        @Override
        Objective objective(Bandit bandit, double[] policy) {
            return new Copg(bandit.beta());
        }
    },
    /** {@link PolicyGradient} with {@code b = E_pi[R]}, of the current policy and exact. */
    PG_VALUE("PG, value baseline", 0.014818) {
        @Override
        Objective objective(Bandit bandit, double[] policy) {
            double value = bandit.value(policy);
            return new PolicyGradient(bandit.beta(), group -> value);
        }
    },
    /** {@link Ipo} on preferences sampled from Bradley-Terry, with the bandit's beta. */
    IPO("IPO", 0.152528) {
        @Override
        Objective objective(Bandit bandit, double[] policy) {
            return new Ipo(bandit.beta(), false);
        }

        @Override
        double[] rewards(Bandit bandit, Bandit.Pair pair) {
            return pair.firstPreferred() ? new double[] {1, 0} : new double[] {0, 1};
        }
    },
    /** {@link PolicyGradient} with {@code b = 0}. */
    PG("PG, no baseline", 0.637790) {
        @Override
        Objective objective(Bandit bandit, double[] policy) {
            return new PolicyGradient(bandit.beta(), Baseline.none());
        }
    };

    private final String label;
    private final double limit;

    Algorithm(String label, double limit) {
        this.label = label;
        this.limit = limit;
    }

    /** As a table or a plot names it. */
    public String label() {
        return label;
    }

    /** Regret at the limit of the expected updates on the paper's bandit. */
    public double limit() {
        return limit;
    }

    abstract Objective objective(Bandit bandit, double[] policy);

    /** The rewards of a pair, as this algorithm sees them. */
    double[] rewards(Bandit bandit, Bandit.Pair pair) {
        return new double[] {bandit.rewards()[pair.first()], bandit.rewards()[pair.second()]};
    }
}
