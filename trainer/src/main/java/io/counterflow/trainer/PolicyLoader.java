package io.counterflow.trainer;

import io.counterflow.model.LanguageModel;
import io.counterflow.model.LoraConfig;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.trainer.checkpoint.Checkpoint;
import io.counterflow.trainer.objective.Requirement;
import io.counterflow.trainer.step.OptimizerSettings;
import io.counterflow.trainer.step.PolicyTraining;
import io.counterflow.trainer.step.ReferenceCache;
import io.counterflow.trainer.step.ReferenceModel;
import io.counterflow.trainer.step.ReferencePolicy;
import java.nio.file.Files;
import java.nio.file.Path;

/** Loads what a run trains: policy, optimizer and reference. */
public final class PolicyLoader {

    private final RunDefinition definition;
    private final ReferenceCache cache;

    /** @param cache where log-probabilities under the reference are kept; stays the caller's */
    public PolicyLoader(RunDefinition definition, ReferenceCache cache) {
        this.definition = definition;
        this.cache = cache;
    }

    /**
     * The policy as the run starts from it.
     *
     * @throws IllegalArgumentException where the folder does not have the weights that the run started from
     */
    public PolicyTraining initial() {
        Path folder = modelFolder(definition.config());
        ModelOptions options = trainable();
        LoraConfig lora = definition.config().lora();
        if (lora != null) {
            options = options.withAdapter(new ModelOptions.NewAdapter(
                    lora.adapter(ModelConfig.read(folder), folder),
                    definition.config().seed()));
        }
        LanguageModel policy = startingFrom(folder, options);
        return training(policy, optimizer(policy));
    }

    /** The policy and its optimizer as a checkpoint has them. */
    public PolicyTraining at(Checkpoint checkpoint) {
        LanguageModel policy = definition.config().lora() == null
                ? LanguageModel.load(checkpoint.folder(), trainable())
                : startingFrom(
                        modelFolder(definition.config()),
                        trainable().withAdapter(new ModelOptions.SavedAdapter(checkpoint.folder())));
        PolicyOptimizer optimizer = optimizer(policy);
        optimizer.restore(checkpoint.file(PolicyTraining.OPTIMIZER_FILE));
        return training(policy, optimizer);
    }

    private ModelOptions trainable() {
        return definition.config().compute().applyTo(ModelOptions.training());
    }

    /** The model that the run starts from, with an adapter where the options have one. */
    private LanguageModel startingFrom(Path folder, ModelOptions options) {
        LanguageModel policy = LanguageModel.load(folder, options);
        String sha256 = policy.baseSha256();
        if (!sha256.equals(definition.initialWeightsSha256())) {
            policy.close();
            throw new IllegalArgumentException("the model in " + folder
                    + " is not the one that the run started from: its weights have SHA-256 " + sha256
                    + ", the ledger says " + definition.initialWeightsSha256());
        }
        return policy;
    }

    private PolicyOptimizer optimizer(LanguageModel policy) {
        OptimizerSettings settings = definition.config().optimizer();
        return policy.optimizer(new OptimizerConfig(
                settings.beta1(),
                settings.beta2(),
                settings.epsilon(),
                settings.weightDecay(),
                settings.maxGradientNorm()));
    }

    private PolicyTraining training(LanguageModel policy, PolicyOptimizer optimizer) {
        TrainerConfig config = definition.config();
        return new PolicyTraining(
                config.runId(),
                policy,
                optimizer,
                new ReferencePolicy(
                        reference(policy),
                        cache,
                        config.objective().objective().requirements().contains(Requirement.REFERENCE_TOKENS)),
                config.objective(),
                config.batch().microBatch());
    }

    /** With an adapter the base is in memory already. */
    private ReferenceModel reference(LanguageModel policy) {
        TrainerConfig config = definition.config();
        Path model = modelFolder(config);
        Path folder = config.reference() == null
                ? model
                : Path.of(config.reference()).toAbsolutePath().normalize();
        if (policy.hasAdapter() && folder.equals(model)) {
            return ReferenceModel.below(policy);
        }
        return ReferenceModel.loaded(
                () -> LanguageModel.load(folder, config.compute().applyTo(ModelOptions.inference())));
    }

    /**
     * The folder that a run starts from.
     *
     * @throws IllegalArgumentException where there is none, or an adapter alone
     */
    static Path modelFolder(TrainerConfig config) {
        if (config.model() == null || !Files.isDirectory(Path.of(config.model()))) {
            throw new IllegalArgumentException((config.model() == null
                            ? "trainer.model is not set"
                            : "trainer.model is " + config.model() + ", which is no folder")
                    + "; give one with config.json, model.safetensors and tokenizer.json");
        }
        Path folder = Path.of(config.model()).toAbsolutePath().normalize();
        if (CheckpointParts.isAdapter(folder)) {
            throw new IllegalArgumentException("trainer.model is " + config.model()
                    + ", a LoRA adapter; a run starts from whole weights, which its reference policy is: 'counterflow"
                    + " model merge' makes them of the adapter and its base");
        }
        return folder;
    }
}
