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

    /** Stretches frequencies; {@code frequency} is in radians per token. */
    public sealed interface Scaling {
        float scale(float frequency);
    }

    /** The frequencies as they are. */
    public record Unscaled() implements Scaling {
        @Override
        public float scale(float frequency) {
            return frequency;
        }
    }

    /** All frequencies divided by one factor. */
    public record Linear(double factor) implements Scaling {
        public Linear {
            requirePositive("factor", factor);
        }

        @Override
        public float scale(float frequency) {
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
        public float scale(float frequency) {
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
            frequencies[i] = scaling.scale(1 / (float) Math.pow(theta, exponent));
        }
        return frequencies;
    }

    private static void requirePositive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new CheckpointException("%s is %s; it must be a positive number".formatted(name, value));
        }
    }
}
