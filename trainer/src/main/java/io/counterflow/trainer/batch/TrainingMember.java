package io.counterflow.trainer.batch;

import java.util.Map;
import java.util.Objects;

/**
 * One completion of a group with what a training step needs of it. The arrays are not copied and not to be changed.
 *
 * @param completionId identifier of the completion
 * @param tokenIds the completion's tokens, end-of-sequence token included where it was sampled
 * @param behaviourTokens ln p of each token under the policy that sampled it, or null where unknown
 * @param behaviourSum their sum, in nats
 * @param referenceSum ln p under the reference policy where the log has it, else null
 * @param policyVersion optimizer steps that the sampling policy had taken
 * @param reward what the recipe made of the scores
 * @param scores by scorer, the value of each score that the recipe saw
 * @param cutOff whether the limit on tokens ended it, and not the policy
 * @param mask which of the tokens the policy wrote; sums of log-probabilities are over these
 */
public record TrainingMember(
        String completionId,
        int[] tokenIds,
        float[] behaviourTokens,
        double behaviourSum,
        Double referenceSum,
        long policyVersion,
        double reward,
        Map<String, Double> scores,
        boolean cutOff,
        CompletionMask mask) {

    public TrainingMember {
        Objects.requireNonNull(completionId, "completionId");
        Objects.requireNonNull(tokenIds, "tokenIds");
        Objects.requireNonNull(mask, "mask");
        scores = Map.copyOf(scores);
        if (behaviourTokens != null && behaviourTokens.length != tokenIds.length) {
            throw new IllegalArgumentException("completion " + completionId + " has " + tokenIds.length + " tokens but "
                    + behaviourTokens.length + " behaviour log-probabilities");
        }
    }

    /** A completion of which the policy wrote every token. */
    public TrainingMember(
            String completionId,
            int[] tokenIds,
            float[] behaviourTokens,
            double behaviourSum,
            Double referenceSum,
            long policyVersion,
            double reward,
            Map<String, Double> scores,
            boolean cutOff) {
        this(
                completionId,
                tokenIds,
                behaviourTokens,
                behaviourSum,
                referenceSum,
                policyVersion,
                reward,
                scores,
                cutOff,
                CompletionMask.ALL);
    }
}
