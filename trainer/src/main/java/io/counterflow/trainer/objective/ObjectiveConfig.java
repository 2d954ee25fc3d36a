package io.counterflow.trainer.objective;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Objects;
import java.util.Optional;

/**
 * Which objective, and its settings. Bound from the YAML key {@code trainer.objective}.
 *
 * <p>Beta and the scale of the rewards belong together: only {@code rewardScale R / beta} decides the optimum.
 */
public record ObjectiveConfig(
        @JsonPropertyDescription(
                "Loss: copg (default), copg-length-normalised, ipo, ipo-length-normalised, dpo, pg, pg-value, rloo,"
                        + " grpo, dr-grpo, rebel, agro, agro-on-policy, dro or sft.")
        ObjectiveName name,

        @JsonPropertyDescription(
                "Weight of the KL divergence to the reference policy, in units of the reward, up to 1e6 (default 0.1; 0 where"
                        + " grpo, dr-grpo or rebel leave it out).")
        Double beta,

        @JsonPropertyDescription("Rewards are multiplied by this before the loss, above 0 and up to 1e6 (default 1).")
        Double rewardScale,

        @JsonPropertyDescription(
                "Half-width of the interval around 1 in which rloo, grpo and dr-grpo trust a probability ratio"
                        + " (grpo, dr-grpo: default 0.2; rloo: default none).")
        Double clip,

        @JsonPropertyDescription("Scale of the reward in rebel, above 0 and up to 1e6 (default 1).")
        Double eta,

        @JsonPropertyDescription("Weight of a likelihood term added to the loss, up to 1e6 (default 0: none).")
        Double likelihoodWeight,

        @JsonPropertyDescription("Completions that sft or the likelihood term imitate: best (default) or all.")
        Likelihood.Chosen likelihoodOf) {

    private static final double DEFAULT_CLIP = 0.2;
    /** Of what is a factor or divisor of rewards: more is a slip, and losses lose their digits. */
    private static final double LARGEST = 1e6;

    public ObjectiveConfig {
        name = Objects.requireNonNullElse(name, ObjectiveName.COPG);
        beta = Objects.requireNonNullElse(beta, 0.1);
        rewardScale = Objects.requireNonNullElse(rewardScale, 1.0);
        eta = Objects.requireNonNullElse(eta, 1.0);
        likelihoodWeight = Objects.requireNonNullElse(likelihoodWeight, 0.0);
        likelihoodOf = Objects.requireNonNullElse(likelihoodOf, Likelihood.Chosen.BEST);
        Checks.notNegative("objective.beta", beta);
        Checks.atMost("objective.beta", beta, LARGEST);
        Checks.positive("objective.rewardScale", rewardScale);
        Checks.atMost("objective.rewardScale", rewardScale, LARGEST);
        Checks.notNegative("objective.likelihoodWeight", likelihoodWeight);
        Checks.atMost("objective.likelihoodWeight", likelihoodWeight, LARGEST);
        Checks.positive("objective.eta", eta);
        Checks.atMost("objective.eta", eta, LARGEST);
        if (clip != null) {
            Checks.clip(clip);
        }
    }

    /** Every key by its default. */
    public static ObjectiveConfig defaults() {
        return new ObjectiveConfig(null, null, null, null, null, null, null);
    }

    /** CoPG with everything else by default. */
    public static ObjectiveConfig copg(double beta) {
        return of(ObjectiveName.COPG, beta);
    }

    /** An objective with everything else by default. */
    public static ObjectiveConfig of(ObjectiveName name, double beta) {
        return new ObjectiveConfig(name, beta, null, null, null, null, null);
    }

    /**
     * @throws IllegalArgumentException for a setting that the objective cannot take
     */
    public Objective objective() {
        Objective objective =
                switch (name) {
                    case COPG -> new Copg(beta);
                    case COPG_LENGTH_NORMALISED -> new LengthNormalisedCopg(beta);
                    case IPO -> new Ipo(beta, false);
                    case IPO_LENGTH_NORMALISED -> new Ipo(beta, true);
                    case DPO -> new Dpo(beta);
                    case PG -> new PolicyGradient(beta, Baseline.none());
                    case PG_VALUE -> new PolicyGradient(beta, Baseline.meanReward());
                    case RLOO -> new Rloo(beta, clip);
                    case GRPO -> new Grpo(beta, clipOrDefault());
                    case DR_GRPO -> new DrGrpo(beta, clipOrDefault());
                    case REBEL -> new Rebel(eta, beta);
                    case AGRO -> new Agro(beta, false);
                    case AGRO_ON_POLICY -> new Agro(beta, true);
                    case DRO -> new Dro(beta);
                    case SFT -> new Likelihood(likelihoodOf);
                };
        return likelihoodWeight == 0
                ? objective
                : new WithLikelihood(objective, likelihoodWeight, new Likelihood(likelihoodOf));
    }

    private double clipOrDefault() {
        return Optional.ofNullable(clip).orElse(DEFAULT_CLIP);
    }
}
