package io.counterflow.imports.completions;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a line may say of how a completion was sampled, and the columns in which dumps of TRL, verl, OpenRLHF, NeMo-RL and prime-rl, and answers of servers say
 * it. Of several columns the first counts; of masks all do.
 */
public enum SampleField {
    /** The prompt as the policy saw it. */
    PROMPT_TOKEN_IDS("prompt_token_ids", "prompt_ids", "prompts", "prompt"),
    /** The tokens behind it. */
    TOKEN_IDS(
            "completion_token_ids",
            "completion_ids",
            "response_token_ids",
            "response_ids",
            "output_token_ids",
            "output_ids",
            "responses",
            "token_ids"),
    /** Prompt and completion in one, which a mask or ranges divide. */
    SEQUENCE_TOKEN_IDS("input_ids", "observation_tokens"),
    /** How many of the sequence's tokens are no padding. */
    SEQUENCE_LENGTH("input_lengths"),
    /** Which tokens of prompt and completion are no padding. */
    ATTENTION_MASK("attention_mask"),
    /** ln p of each token under the policy that sampled, at temperature 1. */
    LOG_PROBABILITIES(
            "completion_logprobs",
            "response_logprobs",
            "rollout_log_probs",
            "generation_logprobs",
            "inference_logprobs",
            "sampling_per_token_logps",
            "logprobs"),
    /** Which tokens the policy wrote. */
    MASK(
            "completion_mask",
            "response_mask",
            "assistant_masks",
            "loss_mask",
            "token_loss_mask",
            "env_mask",
            "tool_mask",
            "action_mask"),
    /** From and to, of the tokens that the policy wrote. */
    RANGES("action_ranges"),
    POLICY_VERSION("policy_version", "weight_version", "param_version"),
    POLICY_SHA256("policy_sha256"),
    FINISH_REASON("finish_reason", "finish_reasons"),
    /** An object with the settings below. */
    SAMPLING("sampling_params", "sampling"),
    TEMPERATURE("temperature"),
    TOP_K("top_k"),
    TOP_P("top_p"),
    REPETITION_PENALTY("repetition_penalty", "repeat_penalty"),
    MAX_TOKENS("max_tokens", "max_new_tokens", "max_completion_tokens"),
    SEED("seed");

    private final List<String> columns;

    SampleField(String... columns) {
        this.columns = List.of(columns);
    }

    /** The columns that are taken for it where none is named. */
    List<String> columns() {
        return columns;
    }

    /** As options spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The field that an option names. */
    public static Optional<SampleField> of(String label) {
        return Arrays.stream(values()).filter(f -> f.label().equals(label)).findFirst();
    }

    /** All of them, as options spell them. */
    public static String labels() {
        return Arrays.stream(values()).map(SampleField::label).collect(Collectors.joining(", "));
    }
}
