package io.counterflow.model.bench;

import io.counterflow.model.decoder.Precision;

/**
 * What was measured.
 *
 * @param engine {@code counterflow} or {@code pytorch}; with {@code bfloat16} behind it where products have that type
 * @param shape name of the model
 * @param task {@code train 8 x 128}, {@code sample 64, batch 1}, {@code sample 64, batch 32}
 * @param tokensPerSecond median over the repetitions
 * @param peakMegabytes greatest resident set of the process up to then; 0 where the system does not say
 */
public record Measurement(String engine, String shape, String task, double tokensPerSecond, long peakMegabytes) {
    static final String TRAIN = "train 8 x 128";

    /** The name of an engine at some precision. */
    static String engine(String name, Precision precision) {
        return precision == Precision.FLOAT32 ? name : name + " " + precision.configName();
    }

    static String sampling(int rows) {
        return "sample 64, batch " + rows;
    }
}
