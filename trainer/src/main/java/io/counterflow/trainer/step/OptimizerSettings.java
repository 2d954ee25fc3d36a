package io.counterflow.trainer.step;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/** AdamW and its learning rate. Bound from the YAML key {@code trainer.optimizer}. */
public record OptimizerSettings(
        @JsonPropertyDescription("Largest learning rate (default 1e-6; small models take 1e-4 to 1e-3).")
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
        if (!(learningRate > 0) || learningRate.isInfinite()) {
            throw new IllegalArgumentException("optimizer.learningRate is " + learningRate + ", must be positive");
        }
        if (warmupSteps < 0) {
            throw new IllegalArgumentException("optimizer.warmupSteps is " + warmupSteps + ", must be 0 or more");
        }
        if (!(maxGradientNorm >= 0)) {
            throw new IllegalArgumentException(
                    "optimizer.maxGradientNorm is " + maxGradientNorm + ", must be 0 or more");
        }
    }

    /** A constant learning rate, everything else by default. */
    public static OptimizerSettings constant(double learningRate) {
        return new OptimizerSettings(learningRate, null, null, null, null, null, null, null);
    }

    /**
     * The learning rate of a step.
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
