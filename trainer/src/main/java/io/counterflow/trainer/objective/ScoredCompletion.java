package io.counterflow.trainer.objective;

import java.util.Objects;

/**
 * One completion of a group, as an objective sees it.
 *
 * @param reward what the recipe made of its scores; finite
 * @param policy under the policy that is being trained, now; token by token
 * @param reference under the reference policy, or null where the objective does not ask for it
 * @param behaviour under the policy that sampled it, or null where unknown
 */
public record ScoredCompletion(
        double reward, LogProbability policy, LogProbability reference, LogProbability behaviour) {

    public ScoredCompletion {
        Objects.requireNonNull(policy, "policy");
        if (!policy.hasTokens()) {
            throw new IllegalArgumentException("the policy's log-probability is needed token by token");
        }
        if (!Double.isFinite(reward)) {
            throw new IllegalArgumentException("reward is " + reward + "; it must be finite");
        }
    }

    /** Completion tokens; 0 only for an empty completion. */
    public int length() {
        return policy.length();
    }

    /** {@code h = ln pi - ln pi_ref}, summed over tokens. */
    public double logRatio() {
        return policy.sum() - requireReference().sum();
    }

    /** {@code R - beta h}. */
    public double regularisedReward(double beta) {
        return reward - beta * logRatio();
    }

    /** {@code ln pi - ln mu}, summed over tokens. */
    double behaviourLogRatio() {
        return policy.sum() - requireBehaviour().sum();
    }

    LogProbability requireReference() {
        return Objects.requireNonNull(reference, "this objective needs the reference log-probability");
    }

    LogProbability requireBehaviour() {
        return Objects.requireNonNull(behaviour, "this objective needs the behaviour log-probability");
    }

    double[] requireReferenceTokens() {
        return Objects.requireNonNull(
                requireReference().tokens(), "this objective needs the reference log-probability of every token");
    }

    double[] requireBehaviourTokens() {
        return Objects.requireNonNull(
                requireBehaviour().tokens(), "this objective needs the behaviour log-probability of every token");
    }
}
