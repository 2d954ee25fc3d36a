package io.counterflow.trainer.objective;

/** What an objective reads besides rewards and the policy's own log-probabilities. */
public enum Requirement {
    /** Sum under the reference policy. */
    REFERENCE,
    /** Every token under the reference policy. */
    REFERENCE_TOKENS,
    /** Sum under the policy that sampled. */
    BEHAVIOUR,
    /** Every token under the policy that sampled. */
    BEHAVIOUR_TOKENS
}
