package io.counterflow.model.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The resident set of this process, native memory included, as Linux counts it. */
public final class ResidentMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR_PEAK = Path.of("/proc/self/clear_refs");

    private ResidentMemory() {}

    /** What it is now, in KiB; empty where the system does not say. */
    public static OptionalLong kilobytes() {
        return read("VmRSS:");
    }

    /** The most that it was, in KiB; empty where the system does not say. */
    public static OptionalLong peakKilobytes() {
        return read("VmHWM:");
    }

    /** Sets the peak to what it is now. Where that is not allowed, the old peak stays. */
    static void forgetPeak() {
        if (Files.isWritable(CLEAR_PEAK)) {
            try {
                Files.writeString(CLEAR_PEAK, "5");
            } catch (IOException e) {
                throw new UncheckedIOException("cannot reset the peak of the resident set", e);
            }
        }
    }

    private static OptionalLong read(String key) {
        if (!Files.exists(STATUS)) {
            return OptionalLong.empty();
        }
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(key))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + STATUS, e);
        }
    }
}
