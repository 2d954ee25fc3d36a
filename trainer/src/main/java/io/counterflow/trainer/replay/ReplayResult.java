package io.counterflow.trainer.replay;

import java.util.List;
import java.util.OptionalLong;

/**
 * What came of a replay.
 *
 * @param runId the run
 * @param step how far it was trained again
 * @param weightsSha256 SHA-256 of the weights that came out
 * @param expectedSha256 what they were the first time; null where neither the ledger nor a checkpoint of this step says
 * @param firstDifference the first step whose loss or metrics differ from the ledger; empty where none does
 * @param environment what of JVM, processor, libtorch and threads is not what it was when the run began, each a sentence
 */
public record ReplayResult(
        String runId,
        long step,
        String weightsSha256,
        String expectedSha256,
        OptionalLong firstDifference,
        List<String> environment) {

    public ReplayResult {
        environment = List.copyOf(environment);
    }

    /** Whether weights and every step's outcome are what they were; where nothing is known of the weights, the steps. */
    public boolean identical() {
        return firstDifference.isEmpty() && (expectedSha256 == null || expectedSha256.equals(weightsSha256));
    }
}
