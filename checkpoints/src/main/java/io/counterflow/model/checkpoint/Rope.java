package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

/**
 * Rotary position embedding (Su et al. 2021, arXiv:2104.09864) as transformers lays it out: the first half of a head is
 * rotated against the second half.
 *
 * @param theta base of the frequencies
 * @param scaling how the frequencies are stretched for a longer context
 */
public record Rope(double theta, Scaling scaling) {

    /** Stretches frequencies. */
    public sealed interface Scaling {
        /**
         * @param frequency in radians per token
         * @param pair which of the head's pairs turns with it, from 0
         */
        float scale(float frequency, int pair);

        /** What cosines and sines are multiplied with. */
        default double magnitude() {
            return 1;
        }
    }

    /** The frequencies as they are. */
    public record Unscaled() implements Scaling {
        @Override
        public float scale(float frequency, int pair) {
            return frequency;
        }
    }

    /** All frequencies divided by one factor. */
    public record Linear(double factor) implements Scaling {
        public Linear {
            requirePositive("factor", factor);
        }

        @Override
        public float scale(float frequency, int pair) {
            return frequency / (float) factor;
        }
    }

    /**
     * Llama 3.1's: low frequencies divided by the factor, high ones kept, a smooth passage between.
     *
     * @param originalContext the context of the first training, in tokens
     */
    public record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext)
            implements Scaling {
        public Llama3 {
            requirePositive("factor", factor);
            requirePositive("low_freq_factor", lowFrequencyFactor);
            requirePositive("original_max_position_embeddings", originalContext);
            if (!(highFrequencyFactor > lowFrequencyFactor)) {
                throw new CheckpointException(
                        "high_freq_factor is %s; it must be more than low_freq_factor, which is %s"
                                .formatted(highFrequencyFactor, lowFrequencyFactor));
            }
        }

        @Override
        public float scale(float frequency, int pair) {
            float wavelength = (float) (2 * Math.PI) / frequency;
            if (wavelength > (float) (originalContext / lowFrequencyFactor)) {
                return frequency / (float) factor;
            }
            if (wavelength < (float) (originalContext / highFrequencyFactor)) {
                return frequency;
            }
            float smooth = (originalContext / wavelength - (float) lowFrequencyFactor)
                    / (float) (highFrequencyFactor - lowFrequencyFactor);
            return (1 - smooth) * frequency / (float) factor + smooth * frequency;
        }
    }

    /**
     * YaRN (Peng et al. 2023, arXiv:2309.00071): pairs that turn often are kept, pairs that hardly turn are divided by the factor, with a
     * linear passage between.
     *
     * @param low the last pair that is kept
     * @param high the first pair that is divided whole
     */
    public record Yarn(double factor, double low, double high, double magnitude) implements Scaling {
        public Yarn {
            requirePositive("factor", factor);
            requirePositive("attention_factor", magnitude);
        }

        /**
         * With the pairs between which the frequencies pass from kept to divided, worked out as transformers does.
         *
         * @param fast turns within the original context above which a pair is kept ({@code beta_fast})
         * @param slow turns below which it is divided whole ({@code beta_slow})
         * @param whole whether the bounds are rounded to whole pairs ({@code truncate})
         * @param originalContext the context of the first training, in tokens
         */
        static Yarn of(
                double factor,
                double fast,
                double slow,
                boolean whole,
                double magnitude,
                int originalContext,
                int headDimension,
                double theta) {
            requirePositive("beta_fast", fast);
            requirePositive("beta_slow", slow);
            if (theta == 1) {
                throw new CheckpointException("rope_theta is 1; the rope type yarn needs frequencies that differ");
            }
            double low = pair(fast, originalContext, headDimension, theta);
            double high = pair(slow, originalContext, headDimension, theta);
            return new Yarn(
                    factor,
                    Math.max(whole ? Math.floor(low) : low, 0),
                    Math.min(whole ? Math.ceil(high) : high, headDimension - 1),
                    magnitude);
        }

        /** The pair that turns so many times within a context. */
        private static double pair(double turns, int context, int headDimension, double theta) {
            return headDimension * Math.log(context / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
        }

        @Override
        public float scale(float frequency, int pair) {
            double width = high == low ? 0.001 : high - low;
            float divided = (float) Math.max(0, Math.min(1, (pair - low) / width));
            return frequency / (float) factor * divided + frequency * (1 - divided);
        }
    }

    public Rope {
        requirePositive("rope_theta", theta);
        requireNonNull(scaling, "scaling is null");
    }

    /**
     * The angle by which each pair of a head's elements turns from one position to the next, in radians; element {@code i}
     * belongs to the pair ({@code i}, {@code i + headDimension / 2}). Computed in float32 like transformers, because the
     * rounding of a frequency grows with the position.
     */
    public float[] frequencies(int headDimension) {
        float[] frequencies = new float[headDimension / 2];
        for (int i = 0; i < frequencies.length; i++) {
            float exponent = (float) (2 * i) / headDimension;
            frequencies[i] = scaling.scale(1 / (float) Math.pow(theta, exponent), i);
        }
        return frequencies;
    }

    private static void requirePositive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new CheckpointException("%s is %s; it must be a positive number".formatted(name, value));
        }
    }
}
