package io.counterflow.trainer.step;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/** AdamW and its learning rate. Bound from the YAML key {@code trainer.optimizer}. */
public record OptimizerSettings(
        @JsonPropertyDescription("Largest learning rate, up to 10 (default 1e-6; small models take 1e-4 to 1e-3).")
        Double learningRate,

        @JsonPropertyDescription("Steps over which the learning rate rises from 0 to its largest value (default 0).")
        Integer warmupSteps,

        @JsonPropertyDescription("What the learning rate does afterwards: constant (default), linear or cosine; the"
                + " latter two would reach 0 one step after the last, and need trainer.steps or an offline source.")
        Decay decay,

        @JsonPropertyDescription("AdamW's beta1 (default 0.9).")
        Double beta1,

        @JsonPropertyDescription("AdamW's beta2 (default 0.999).")
        Double beta2,

        @JsonPropertyDescription("AdamW's epsilon (default 1e-8).")
        Double epsilon,

        @JsonPropertyDescription("Decoupled weight decay (default 0).")
        Double weightDecay,

        @JsonPropertyDescription("The gradient is scaled down to this global L2 norm where it is larger (default 1; 0"
                + " for no limit). Losses are means over groups; CoPG's grows with the group's size.")
        Double maxGradientNorm) {

    private static final double MOST_RATE = 10;
    private static final int MOST_STEPS = 1_000_000_000;
    private static final double MOST_NORM = 1e9;

    /** Shape of the learning rate after the warm-up. */
    public enum Decay {
        CONSTANT,
        LINEAR,
        COSINE;

        @JsonValue
        public String configName() {
            return name().toLowerCase(Locale.ROOT);
        }

        @JsonCreator
        public static Decay fromConfigName(String name) {
            return Arrays.stream(values())
                    .filter(d -> d.name().equalsIgnoreCase(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "optimizer.decay '" + name + "' is none of constant, linear, cosine"));
        }
    }

    public OptimizerSettings {
        learningRate = Objects.requireNonNullElse(learningRate, 1e-6);
        warmupSteps = Objects.requireNonNullElse(warmupSteps, 0);
        decay = Objects.requireNonNullElse(decay, Decay.CONSTANT);
        beta1 = Objects.requireNonNullElse(beta1, 0.9);
        beta2 = Objects.requireNonNullElse(beta2, 0.999);
        epsilon = Objects.requireNonNullElse(epsilon, 1e-8);
        weightDecay = Objects.requireNonNullElse(weightDecay, 0.0);
        maxGradientNorm = Objects.requireNonNullElse(maxGradientNorm, 1.0);
        require(
                learningRate > 0 && learningRate <= MOST_RATE,
                "learningRate",
                learningRate,
                "positive and at most " + MOST_RATE);
        require(
                warmupSteps >= 0 && warmupSteps <= MOST_STEPS,
                "warmupSteps",
                warmupSteps,
                "0 or more and at most " + MOST_STEPS);
        require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "at least 0 and below 1");
        require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "at least 0 and below 1");
        require(epsilon > 0 && epsilon <= 1, "epsilon", epsilon, "above 0 and at most 1");
        require(weightDecay >= 0 && weightDecay <= MOST_RATE, "weightDecay", weightDecay, "from 0 to " + MOST_RATE);
        require(
                maxGradientNorm >= 0 && maxGradientNorm <= MOST_NORM,
                "maxGradientNorm",
                maxGradientNorm,
                "0 or more and at most " + MOST_NORM);
    }

    private static void require(boolean holds, String key, Object value, String allowed) {
        if (!holds) {
            throw new IllegalArgumentException("optimizer." + key + " is " + value + ", must be " + allowed);
        }
    }

    /** Every key by its default. */
    public static OptimizerSettings defaults() {
        return new OptimizerSettings(null, null, null, null, null, null, null, null);
    }

    /** A constant learning rate, everything else by default. */
    public static OptimizerSettings constant(double learningRate) {
        return new OptimizerSettings(learningRate, null, null, null, null, null, null, null);
    }

    /**
     * The learning rate of a step. The warm-up's last step is at the peak and the next one below it; a decay would reach 0 one step after the last. Every
     * step's rate is in the ledger, and a replay takes it from there.
     *
     * @param step counted from 1
     * @param totalSteps steps of the whole run; only needed with a decay
     */
    public double learningRateAt(long step, long totalSteps) {
        if (step <= warmupSteps) {
            return learningRate * step / warmupSteps;
        }
        if (decay == Decay.CONSTANT) {
            return learningRate;
        }
        double done = Math.min(1, (double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps + 1));
        return decay == Decay.LINEAR ? learningRate * (1 - done) : learningRate * (1 + Math.cos(Math.PI * done)) / 2;
    }
}
