package io.counterflow.producer.gateway;

import io.counterflow.model.tokenizer.chat.PromptEncoder;
import java.util.Objects;
import java.util.Optional;

/**
 * What a gateway that takes completions knows of the model that will learn from them.
 *
 * @param encoder its tokenizer and chat template; the tokenizer stays the caller's
 * @param contextLength tokens that prompt and completion may have together
 * @param runId the run of completions that name none
 * @param upstream where requests of OpenAI's API are passed on to, if they are; what comes back is of {@code runId}
 */
public record GatewayModel(
        PromptEncoder encoder, int contextLength, Optional<String> runId, Optional<Upstream> upstream) {

    public GatewayModel {
        Objects.requireNonNull(encoder, "encoder");
        runId.ifPresent(GatewayModel::requireRun);
        if (upstream.isPresent() && runId.isEmpty()) {
            throw new IllegalArgumentException("no run is named for the completions that are passed through");
        }
    }

    /** @throws IllegalArgumentException where it is no name of a run */
    static void requireRun(String runId) {
        if (!runId.matches("[A-Za-z0-9._-]{1,100}")) {
            throw new IllegalArgumentException(
                    "run '" + runId + "': a run's name has letters, digits, dots, dashes, underscores");
        }
    }
}
