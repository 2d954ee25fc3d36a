package io.counterflow.trainer;

import io.counterflow.model.LoraConfig;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.checkpoint.CheckpointConfig;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.step.BatchConfig;
import io.counterflow.trainer.step.OptimizerSettings;
import java.nio.file.Path;

/** Settings of small runs on the tiny fixture model. */
public final class Runs {

    public static final Path MODEL = Path.of("../checkpoints/src/test/resources/fixtures/tiny-llama")
            .toAbsolutePath()
            .normalize();

    private Runs() {}

    /** Four groups a step, a checkpoint every {@code checkpointEvery} steps. */
    public static TrainerConfig of(String runId, Path directory, SourceConfig source, Long steps, int checkpointEvery) {
        return of(runId, directory, source, steps, ObjectiveConfig.copg(0.1), checkpointEvery);
    }

    /** Another loss. */
    static TrainerConfig withObjective(
            String runId, Path directory, SourceConfig source, Long steps, ObjectiveConfig objective) {
        return of(runId, directory, source, steps, objective, 5);
    }

    /** The same, training an adapter on the model. */
    public static TrainerConfig withLora(TrainerConfig config, LoraConfig lora) {
        return new TrainerConfig(
                config.runId(),
                config.model(),
                config.reference(),
                lora,
                config.directory(),
                config.objective(),
                config.optimizer(),
                config.batch(),
                config.compute(),
                config.steps(),
                config.source(),
                config.checkpoint(),
                config.evaluateEvery(),
                config.abort(),
                config.seed(),
                config.takeOver());
    }

    private static TrainerConfig of(
            String runId,
            Path directory,
            SourceConfig source,
            Long steps,
            ObjectiveConfig objective,
            int checkpointEvery) {
        return new TrainerConfig(
                runId,
                MODEL.toString(),
                null,
                null,
                directory.toString(),
                objective,
                OptimizerSettings.constant(1e-3),
                new BatchConfig(4, 8),
                null,
                steps,
                source,
                new CheckpointConfig(checkpointEvery, 3, null),
                null,
                null,
                17L,
                null);
    }
}
