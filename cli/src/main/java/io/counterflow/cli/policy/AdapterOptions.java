package io.counterflow.cli.policy;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.model.LoraConfig;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Whether and how a LoRA adapter is trained in place of the weights. */
final class AdapterOptions {

    @Option(
            names = "--lora",
            paramLabel = "RANK",
            description = "Train a LoRA adapter of this rank in place of the weights.")
    private Integer rank;

    @Option(names = "--lora-alpha", paramLabel = "ALPHA", description = "Its scale (default: twice the rank).")
    private Double alpha;

    @Option(
            names = "--lora-modules",
            split = ",",
            paramLabel = "NAME",
            description = "Modules that it adapts, such as q_proj,v_proj (default: every projection).")
    private List<String> modules;

    @Option(
            names = "--lora-dropout",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "Its dropout (default: ${DEFAULT-VALUE}).")
    private double dropout;

    @Option(
            names = "--lora-rank-stabilised",
            description = "Divide its scale by the root of the rank instead of the rank.")
    private boolean rankStabilised;

    @Option(
            names = "--adapter-only",
            description = "Write the adapter in PEFT's form, not the model with it worked in.")
    private boolean adapterOnly;

    /**
     * @throws ConfigException where something is said of an adapter that is not asked for
     */
    void requireSound() {
        if (rank == null && (adapterOnly || alpha != null || modules != null || dropout != 0 || rankStabilised)) {
            throw new ConfigException("--adapter-only and what begins with --lora- need an adapter: --lora RANK");
        }
    }

    boolean isAsked() {
        return rank != null;
    }

    /** Whether the adapter is written, not the model with it worked in. */
    boolean only() {
        return adapterOnly;
    }

    /**
     * The adapter of a model.
     *
     * @param folder of the model
     */
    Optional<AdapterConfig> of(ModelConfig config, Path folder) {
        return Optional.ofNullable(rank)
                .map(r -> new LoraConfig(r, alpha, dropout, modules, rankStabilised).adapter(config, folder));
    }
}
