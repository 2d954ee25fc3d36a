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
 * @param gpuPeakMegabytes the most memory of the GPU that the process took, what libtorch keeps for later included; 0 where there is no
 *     GPU, or the system does not say
 */
public record Measurement(
        String engine, String shape, String task, double tokensPerSecond, long peakMegabytes, long gpuPeakMegabytes) {

    /** The same, with what was seen of the GPU from outside. */
    Measurement withGpuPeak(long megabytes) {
        return new Measurement(engine, shape, task, tokensPerSecond, peakMegabytes, megabytes);
    }

    /** The name of an engine at some precision. */
    static String engine(String name, Precision precision, boolean checkpointing) {
        String full = precision == Precision.FLOAT32 ? name : name + " " + precision.configName();
        return checkpointing ? full + ", checkpointed" : full;
    }
}
