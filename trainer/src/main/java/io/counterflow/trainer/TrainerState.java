package io.counterflow.trainer;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.counterflow.trainer.step.StepOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a checkpoint says of itself besides weights and optimizer: {@code trainer-state.json}. Holds no times, so that
 * the same run has the same checkpoints.
 *
 * @param runId the run
 * @param step optimizer steps taken
 * @param configurationSha256 SHA-256 of the run's settings
 * @param initialWeightsSha256 SHA-256 of the weights that it started from
 * @param weightsSha256 SHA-256 of the weights here; of an adapter's, which name by theirs the base that they belong to
 * @param seed the run's seed; a step's randomness follows from it and the step
 * @param positions by partition, the offset after the newest group used or set aside
 * @param groupsUsed groups used and set aside, all epochs together
 * @param ledgerOffset where the step's batch stands in the ledger's topic
 * @param previousCheckpoint SHA-256 of the manifest of the checkpoint before; null in the first
 * @param loss the step's loss
 * @param gradientNorm the step's gradient norm
 * @param metrics the step's metrics
 */
@JsonPropertyOrder({
    "runId",
    "step",
    "configurationSha256",
    "initialWeightsSha256",
    "weightsSha256",
    "seed",
    "positions",
    "groupsUsed",
    "ledgerOffset",
    "previousCheckpoint",
    "loss",
    "gradientNorm",
    "metrics"
})
public record TrainerState(
        String runId,
        long step,
        String configurationSha256,
        String initialWeightsSha256,
        String weightsSha256,
        long seed,
        SortedMap<Integer, Long> positions,
        long groupsUsed,
        long ledgerOffset,
        String previousCheckpoint,
        double loss,
        double gradientNorm,
        SortedMap<String, Double> metrics) {

    /** The file's name in a checkpoint. */
    public static final String FILE = "trainer-state.json";

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    void write(Path folder) throws IOException {
        Files.writeString(folder.resolve(FILE), JSON.writeValueAsString(this) + "\n");
    }

    /** Reads the state in a checkpoint's folder. */
    public static TrainerState read(Path folder) throws IOException {
        return JSON.readValue(folder.resolve(FILE).toFile(), TrainerState.class);
    }

    StepOutcome outcome() {
        return new StepOutcome(loss, gradientNorm, new TreeMap<>(metrics));
    }
}
