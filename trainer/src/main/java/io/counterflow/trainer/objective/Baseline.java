package io.counterflow.trainer.objective;

import java.util.List;

/** What a policy gradient subtracts from a reward, the same for every completion of a prompt. */
@FunctionalInterface
public interface Baseline {

    /** In units of the reward. */
    double of(List<ScoredCompletion> group);

    /** No baseline. */
    static Baseline none() {
        return group -> 0;
    }

    /** The mean of the group's rewards: an estimate of the value of the policies that sampled. */
    static Baseline meanReward() {
        return group ->
                group.stream().mapToDouble(ScoredCompletion::reward).average().orElse(0);
    }
}
