package io.counterflow.cli.model;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.function.LongSupplier;

/** Says before a model is loaded that it is too large for this machine, and what would fit. */
public final class AvailableMemory {

    private static final long JVM = 300L << 20;

    private final LongSupplier available;

    /** Of this machine, or of the container that this process is in. */
    public AvailableMemory() {
        this(AvailableMemory::availableHere);
    }

    /** @param available bytes that there are */
    public AvailableMemory(LongSupplier available) {
        this.available = Objects.requireNonNull(available, "available");
    }

    /**
     * Requires room for a model to compute with.
     *
     * @param folder with its config.json, that of a language model or of an encoder
     * @throws ConfigException with what is needed, what there is and what would fit
     */
    public void requireForInference(Path folder) {
        require("to compute with it", folder.toString(), parameters(folder), Float.BYTES, 0, JVM, "");
    }

    /**
     * Requires room for a model and its training: weights, gradient and AdamW's two moments.
     *
     * @param folder as for {@link #requireForInference}
     * @throws ConfigException with what is needed, what there is and what would fit
     */
    public void requireForTraining(Path folder) {
        require("to train it", folder.toString(), parameters(folder), 4 * Float.BYTES, 0, JVM, "");
    }

    /**
     * Requires room.
     *
     * @param purpose such as {@code to train it}
     * @param bytesEach for each of the parameters
     * @param fixed further bytes that grow with another model
     * @param beside bytes of everything else
     * @param instead what would take less, beginning with a semicolon, or nothing
     * @throws ConfigException with what is needed, what there is and what would fit
     */
    public void require(
            String purpose, String model, long parameters, long bytesEach, long fixed, long beside, String instead) {
        long needed = parameters * bytesEach + fixed + beside;
        long there = available.getAsLong();
        if (needed > there) {
            long fits = Math.max(0, there - beside) / (bytesEach + (fixed > 0 ? Float.BYTES : 0));
            throw new ConfigException(String.format(
                    Locale.ROOT,
                    "%s has %.1f million parameters; %s takes at least %.1f GB of memory, and %.1f GB are free here."
                            + " Models of up to about %.0f million parameters fit%s",
                    model,
                    parameters / 1e6,
                    purpose,
                    needed / 1e9,
                    there / 1e9,
                    fits / 1e6,
                    instead));
        }
    }

    private static long parameters(Path folder) {
        Path base = CheckpointParts.of(folder).base();
        return EncoderConfig.isIn(base)
                ? EncoderConfig.read(base).parameters()
                : ModelConfig.read(base).parameters();
    }

    /** What Linux can give without swapping; elsewhere, and where a container has less, all that there is. */
    private static long availableHere() {
        long total = ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getTotalMemorySize()
                : Long.MAX_VALUE;
        Path file = Path.of("/proc/meminfo");
        if (Files.isReadable(file)) {
            try {
                for (String line : Files.readAllLines(file)) {
                    if (line.startsWith("MemAvailable:")) {
                        return Math.min(total, Long.parseLong(line.replaceAll("\\D", "")) << 10);
                    }
                }
            } catch (IOException e) {
                return total;
            }
        }
        return total;
    }
}
