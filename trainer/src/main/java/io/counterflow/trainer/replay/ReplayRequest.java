package io.counterflow.trainer.replay;

import java.nio.file.Path;
import java.util.Objects;

/**
 * What is to be trained again.
 *
 * @param runId the run
 * @param until the last step; null for all that the ledger has
 * @param model where the initial policy is now; null where it is still where the ledger says
 * @param checkpoints folder with the run's checkpoints, to compare with; null for none
 * @param output where the rebuilt policy is saved (Hugging Face layout and optimizer state); null for nowhere
 */
public record ReplayRequest(String runId, Long until, Path model, Path checkpoints, Path output) {

    public ReplayRequest {
        Objects.requireNonNull(runId, "runId");
        if (until != null && until < 0) {
            throw new IllegalArgumentException("until is " + until + ", must be 0 or more");
        }
    }

    /** The whole run, compared with what its last ledger entry says. */
    public static ReplayRequest of(String runId) {
        return new ReplayRequest(runId, null, null, null, null);
    }
}
