package io.counterflow.model;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.HubCache;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.AdapterWeights;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A LoRA adapter (Hu et al., arXiv:2106.09685) that is trained in place of the weights. Bound from YAML keys {@code lora}; nulls stand
 * for the defaults.
 */
public record LoraConfig(
        @JsonPropertyDescription("Rows of factor A and columns of factor B of each module (default 16).")
        Integer rank,

        @JsonPropertyDescription("Numerator of the adapter's scale, alpha / rank (default: twice the rank).")
        Double alpha,

        @JsonPropertyDescription(
                "Share of the adapter's inputs that is dropped in training (default 0). Drawn from each"
                        + " step's seed; needs one worker on one device.")
        Double dropout,

        @JsonPropertyDescription("Modules that are adapted, by the last parts of their names, such as q_proj and v_proj"
                + " (default: every projection of the layers).")
        List<String> targetModules,

        @JsonPropertyDescription("Whether the scale is alpha / sqrt(rank) (rsLoRA, arXiv:2312.03732; default false).")
        Boolean rankStabilised) {

    private static final int LARGEST_RANK = 1 << 16;

    public LoraConfig {
        rank = Objects.requireNonNullElse(rank, 16);
        if (rank < 1 || rank > LARGEST_RANK) {
            throw new IllegalArgumentException("lora.rank is " + rank + ", must be from 1 to " + LARGEST_RANK);
        }
        alpha = Objects.requireNonNullElse(alpha, 2.0 * rank);
        dropout = Objects.requireNonNullElse(dropout, 0.0);
        targetModules = targetModules == null ? List.of() : List.copyOf(targetModules);
        rankStabilised = Objects.requireNonNullElse(rankStabilised, false);
        if (!(alpha > 0 && alpha <= 1e6)) {
            throw new IllegalArgumentException("lora.alpha is " + alpha + ", must be above 0 and at most 1e6");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("lora.dropout is " + dropout + ", must be at least 0 and below 1");
        }
    }

    /** Of a rank, the rest as by default. */
    public static LoraConfig ofRank(int rank) {
        return new LoraConfig(rank, null, null, null, null);
    }

    /**
     * The adapter's configuration for a base.
     *
     * @param folder the base's, which the configuration names; in the cache of a hub it names the model there, for whoever has no such cache
     * @throws IllegalArgumentException where a target module is no projection of the base
     */
    public AdapterConfig adapter(ModelConfig base, Path folder) {
        List<String> modules = AdapterWeights.moduleNames(base);
        for (String target : targetModules) {
            if (!modules.contains(target)) {
                throw new IllegalArgumentException("lora.targetModules names " + target
                        + ", which is no projection of the model in " + folder + "; it has " + modules);
            }
        }
        Optional<HubCache.Snapshot> onHub = HubCache.snapshotIn(folder);
        AdapterConfig config = AdapterConfig.of(
                base,
                rank,
                alpha,
                dropout,
                rankStabilised,
                targetModules.isEmpty() ? modules : targetModules,
                onHub.map(HubCache.Snapshot::name)
                        .orElse(folder.toAbsolutePath().normalize().toString()));
        return onHub.map(snapshot -> config.withRevision(snapshot.commit())).orElse(config);
    }

    /** How many parameters the adapter of a base has. */
    public long parameters(ModelConfig base, Path folder) {
        return AdapterWeights.parameters(adapter(base, folder), base);
    }
}
