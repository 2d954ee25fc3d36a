package io.counterflow.trainer.replay;

import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/**
 * What made a checkpoint.
 *
 * @param checkpoint its folder
 * @param runId the run
 * @param step optimizer steps taken
 * @param sha256 SHA-256 of its manifest
 * @param weightsSha256 SHA-256 of its weights
 * @param initialWeightsSha256 SHA-256 of the weights that the run began with
 * @param configuration the run's settings
 * @param groups groups used, repetitions counted
 * @param setAside groups passed over, by cause (numbers left out)
 * @param completions completions used, repetitions counted
 * @param scorers scores seen, by scorer and version
 * @param recipes groups used, by recipe and its SHA-256
 * @param policyVersions completions used, by run and policy version that sampled them
 * @param chain folders of the checkpoints before it whose hashes follow from its own, newest first
 * @param missing SHA-256 of the checkpoint where the chain ends because it is not kept here; null where it goes back to
 *     the run's first
 * @param unproven files and metrics that nothing but the manifest's hash vouches for: the ledger does not know them, a replay makes them again
 * @param faults what does not hold, in words; empty where everything does
 */
public record AuditReport(
        Path checkpoint,
        String runId,
        long step,
        String sha256,
        String weightsSha256,
        String initialWeightsSha256,
        String configuration,
        long groups,
        SortedMap<String, Long> setAside,
        long completions,
        SortedMap<String, Long> scorers,
        SortedMap<String, Long> recipes,
        SortedMap<String, SortedMap<Long, Long>> policyVersions,
        List<Path> chain,
        String missing,
        List<String> unproven,
        List<String> faults) {

    public boolean holds() {
        return faults.isEmpty();
    }
}
