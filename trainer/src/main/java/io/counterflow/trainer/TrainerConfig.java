package io.counterflow.trainer;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.model.ComputeConfig;
import io.counterflow.model.LoraConfig;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.batch.SourceMode;
import io.counterflow.trainer.checkpoint.CheckpointConfig;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.step.BatchConfig;
import io.counterflow.trainer.step.OptimizerSettings;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A training run. Bound from the YAML key {@code trainer}, where a key that is not there is null here and gets its default; in Java, {@link #of} makes
 * one.
 */
public record TrainerConfig(
        @JsonPropertyDescription("Name of the run: letters, digits, dots, dashes and underscores. Started again with"
                + " the same name, a run goes on where it was.")
        String runId,

        @JsonPropertyDescription("Folder of the policy that the run starts from (Hugging Face layout).")
        String model,

        @JsonPropertyDescription(
                "Folder of the reference policy. Default: the model that the run starts from, which with"
                        + " lora is the same copy in memory, the adapter off.")
        String reference,

        @JsonInclude(JsonInclude.Include.NON_NULL)
        @JsonPropertyDescription(
                "A LoRA adapter that is trained in place of the weights; {} for the defaults of rank (16),"
                        + " alpha (twice the rank), dropout (0), targetModules (every projection) and rankStabilised (false)."
                        + " Default: all weights are trained.")
        LoraConfig lora,

        @JsonPropertyDescription("Folder in which every run has one of its own for checkpoints and metrics (default"
                + " .counterflow/runs).")
        String directory,

        @JsonPropertyDescription("The loss.") ObjectiveConfig objective,

        @JsonPropertyDescription("AdamW and its learning rate.")
        OptimizerSettings optimizer,

        @JsonPropertyDescription("How much goes into one step.")
        BatchConfig batch,

        @JsonPropertyDescription("On what the model is computed, and how.")
        ComputeConfig compute,

        @JsonPropertyDescription("Steps after which the run ends. Default: when its source does (offline), or never.")
        Long steps,

        @JsonPropertyDescription("Which groups are trained on.")
        SourceConfig source,

        @JsonPropertyDescription("How often the run is saved and published.")
        CheckpointConfig checkpoint,

        @JsonPropertyDescription("Steps between policies that producers evaluate on held-out prompts (default: only the"
                + " first and the last policy). Such a step is saved and published, too.")
        Integer evaluateEvery,

        @JsonPropertyDescription("When the run gives up.") AbortConfig abort,

        @JsonPropertyDescription("Seed of the order of groups and of everything else that is random (default 0).")
        Long seed,

        @JsonPropertyDescription("Whether a trainer that is working on the same run is shut out; otherwise this one"
                + " refuses to start (default false).")
        Boolean takeOver) {

    private static final int LONGEST_RUN_ID = 100;
    private static final long MOST_STEPS = 1_000_000_000;

    public TrainerConfig {
        directory = Objects.requireNonNullElse(directory, ".counterflow/runs");
        objective = Objects.requireNonNullElseGet(objective, ObjectiveConfig::defaults);
        optimizer = Objects.requireNonNullElseGet(optimizer, OptimizerSettings::defaults);
        batch = Objects.requireNonNullElseGet(batch, BatchConfig::defaults);
        compute = Objects.requireNonNullElseGet(compute, ComputeConfig::defaults);
        source = Objects.requireNonNullElseGet(source, SourceConfig::live);
        checkpoint = Objects.requireNonNullElseGet(checkpoint, CheckpointConfig::defaults);
        evaluateEvery = Objects.requireNonNullElse(evaluateEvery, 0);
        abort = Objects.requireNonNullElseGet(abort, AbortConfig::defaults);
        seed = Objects.requireNonNullElse(seed, 0L);
        takeOver = Objects.requireNonNullElse(takeOver, false);
        if (runId != null && !runId.matches("[A-Za-z0-9._-]{1," + LONGEST_RUN_ID + "}")) {
            throw new IllegalArgumentException("trainer.runId is '" + runId + "'; it may have up to " + LONGEST_RUN_ID
                    + " letters, digits, dots, dashes and underscores");
        }
        if (steps != null && (steps < 1 || steps > MOST_STEPS)) {
            throw new IllegalArgumentException(
                    "trainer.steps is " + steps + ", must be at least 1 and at most " + MOST_STEPS);
        }
        if (evaluateEvery < 0 || evaluateEvery > 1_000_000_000) {
            throw new IllegalArgumentException(
                    "trainer.evaluateEvery is " + evaluateEvery + ", must be 0 or more and at most 1000000000");
        }
        if (steps == null
                && source.mode() != SourceMode.OFFLINE
                && optimizer.decay() != OptimizerSettings.Decay.CONSTANT) {
            throw new IllegalArgumentException(
                    "optimizer.decay is " + optimizer.decay().configName()
                            + ", which needs an end; set trainer.steps, or optimizer.decay to constant");
        }
        checkStaleness(source, checkpoint, evaluateEvery);
        checkDropout(lora, compute);
        objective.objective();
    }

    /** Between two policies the newest samples grow older with every step: a limit below that would leave none. */
    private static void checkStaleness(SourceConfig source, CheckpointConfig checkpoint, int evaluateEvery) {
        int published = evaluateEvery > 0 ? Math.min(evaluateEvery, checkpoint.every()) : checkpoint.every();
        if (source.mode() == SourceMode.LIVE
                && source.maxStaleness() != null
                && source.maxStaleness() < published - 1) {
            throw new IllegalArgumentException("source.maxStaleness is " + source.maxStaleness()
                    + ", but a policy is published every " + published + " steps only, so that even its newest samples"
                    + " get " + (published - 1)
                    + " versions old and training would stand still; set checkpoint.every to at"
                    + " most " + (source.maxStaleness() + 1) + " or source.maxStaleness to at least "
                    + (published - 1));
        }
    }

    private static void checkDropout(LoraConfig lora, ComputeConfig compute) {
        if (lora != null
                && lora.dropout() > 0
                && (compute.workers() > 1 || compute.device().contains(","))) {
            throw new IllegalArgumentException("lora.dropout is " + lora.dropout()
                    + ", which several workers would draw in no fixed order, so that a run could not be repeated; set"
                    + " compute.workers to 1 and compute.device to one device, or lora.dropout to 0");
        }
    }

    /** A run from a model, everything else by default. */
    public static TrainerConfigBuilder of(String runId, Path model) {
        return new TrainerConfigBuilder().runId(runId).model(model);
    }

    /** These settings, for changing some of them. */
    public TrainerConfigBuilder toBuilder() {
        return new TrainerConfigBuilder(this);
    }

    /** The same with another run id. */
    public TrainerConfig withRunId(String id) {
        return toBuilder().runId(id).build();
    }

    /** The same with another folder for runs. */
    public TrainerConfig withDirectory(Path folder) {
        return toBuilder().directory(folder).build();
    }

    /** The same with another model to start from. */
    public TrainerConfig withModel(Path folder) {
        return toBuilder().model(folder).build();
    }

    /** The same with another reference policy. */
    public TrainerConfig withReference(Path folder) {
        return toBuilder().reference(folder).build();
    }

    /** The folder of this run. */
    public Path runFolder() {
        return Path.of(directory).resolve(runId).toAbsolutePath().normalize();
    }

    /** The folder with this run's checkpoints. */
    public Path checkpointFolder() {
        return runFolder().resolve("checkpoints");
    }
}
