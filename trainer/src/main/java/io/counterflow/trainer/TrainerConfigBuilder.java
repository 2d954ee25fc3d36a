package io.counterflow.trainer;

import io.counterflow.model.ComputeConfig;
import io.counterflow.model.LoraConfig;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.checkpoint.CheckpointConfig;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.step.BatchConfig;
import io.counterflow.trainer.step.OptimizerSettings;
import java.nio.file.Path;

/** Settings of a run, one after the other; what is not set gets its default. What each means stands at {@link TrainerConfig}. Not thread-safe. */
public final class TrainerConfigBuilder {

    private String runId;
    private String model;
    private String reference;
    private LoraConfig lora;
    private String directory;
    private ObjectiveConfig objective;
    private OptimizerSettings optimizer;
    private BatchConfig batch;
    private ComputeConfig compute;
    private Long steps;
    private SourceConfig source;
    private CheckpointConfig checkpoint;
    private Integer evaluateEvery;
    private AbortConfig abort;
    private Long seed;
    private Boolean takeOver;

    /** Everything by default. */
    TrainerConfigBuilder() {}

    TrainerConfigBuilder(TrainerConfig config) {
        runId = config.runId();
        model = config.model();
        reference = config.reference();
        lora = config.lora();
        directory = config.directory();
        objective = config.objective();
        optimizer = config.optimizer();
        batch = config.batch();
        compute = config.compute();
        steps = config.steps();
        source = config.source();
        checkpoint = config.checkpoint();
        evaluateEvery = config.evaluateEvery();
        abort = config.abort();
        seed = config.seed();
        takeOver = config.takeOver();
    }

    public TrainerConfigBuilder runId(String runId) {
        this.runId = runId;
        return this;
    }

    public TrainerConfigBuilder model(Path folder) {
        this.model = folder.toString();
        return this;
    }

    public TrainerConfigBuilder reference(Path folder) {
        this.reference = folder.toString();
        return this;
    }

    public TrainerConfigBuilder lora(LoraConfig lora) {
        this.lora = lora;
        return this;
    }

    public TrainerConfigBuilder directory(Path folder) {
        this.directory = folder.toString();
        return this;
    }

    public TrainerConfigBuilder objective(ObjectiveConfig objective) {
        this.objective = objective;
        return this;
    }

    public TrainerConfigBuilder optimizer(OptimizerSettings optimizer) {
        this.optimizer = optimizer;
        return this;
    }

    public TrainerConfigBuilder batch(BatchConfig batch) {
        this.batch = batch;
        return this;
    }

    public TrainerConfigBuilder compute(ComputeConfig compute) {
        this.compute = compute;
        return this;
    }

    public TrainerConfigBuilder steps(long steps) {
        this.steps = steps;
        return this;
    }

    public TrainerConfigBuilder source(SourceConfig source) {
        this.source = source;
        return this;
    }

    public TrainerConfigBuilder checkpoint(CheckpointConfig checkpoint) {
        this.checkpoint = checkpoint;
        return this;
    }

    public TrainerConfigBuilder evaluateEvery(int evaluateEvery) {
        this.evaluateEvery = evaluateEvery;
        return this;
    }

    public TrainerConfigBuilder abort(AbortConfig abort) {
        this.abort = abort;
        return this;
    }

    public TrainerConfigBuilder seed(long seed) {
        this.seed = seed;
        return this;
    }

    public TrainerConfigBuilder takeOver(boolean takeOver) {
        this.takeOver = takeOver;
        return this;
    }

    /** @throws IllegalArgumentException naming the key that contradicts another or is out of its range */
    public TrainerConfig build() {
        return new TrainerConfig(
                runId,
                model,
                reference,
                lora,
                directory,
                objective,
                optimizer,
                batch,
                compute,
                steps,
                source,
                checkpoint,
                evaluateEvery,
                abort,
                seed,
                takeOver);
    }
}
