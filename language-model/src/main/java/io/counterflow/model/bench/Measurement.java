package io.counterflow.model.bench;

import io.counterflow.model.decoder.Precision;

/**
 * What was measured.
 *
 * @param engine {@code counterflow} or {@code pytorch}; with {@code bfloat16} behind it where products have that type, and {@code
 *     checkpointed} where activations were computed again on the way back
 * @param shape name of the model
 * @param task title of the {@link BenchmarkTask}
 * @param tokensPerSecond median over the repetitions
 * @param peakMegabytes greatest resident set of the process, which did nothing else; 0 where the system does not say
 */
public record Measurement(String engine, String shape, String task, double tokensPerSecond, long peakMegabytes) {
    /** The name of an engine at some precision. */
    static String engine(String name, Precision precision, boolean checkpointing) {
        String full = precision == Precision.FLOAT32 ? name : name + " " + precision.configName();
        return checkpointing ? full + ", checkpointed" : full;
    }
}
