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
        return config.toBuilder().lora(lora).build();
    }

    private static TrainerConfig of(
            String runId,
            Path directory,
            SourceConfig source,
            Long steps,
            ObjectiveConfig objective,
            int checkpointEvery) {
        TrainerConfigBuilder settings = TrainerConfig.of(runId, MODEL)
                .directory(directory)
                .objective(objective)
                .optimizer(OptimizerSettings.constant(1e-3))
                .batch(new BatchConfig(4, 8))
                .source(source)
                .checkpoint(new CheckpointConfig(checkpointEvery, 3, null))
                .seed(17);
        return (steps == null ? settings : settings.steps(steps)).build();
    }
}
