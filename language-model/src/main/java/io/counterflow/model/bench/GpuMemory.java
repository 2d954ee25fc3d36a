package io.counterflow.model.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The most memory of a GPU that was taken since this was opened, beyond what was taken then. {@code nvidia-smi} says it every 50
 * milliseconds, of all processes together, so that nothing else should use that GPU. Safe for several threads.
 */
final class GpuMemory implements AutoCloseable {
    private static final long NOTHING_READ = -1;

    private final Process process;
    private final BufferedReader readings;
    private final long before;
    private volatile long peak;

    private GpuMemory(Process process, BufferedReader readings, long before) {
        this.process = process;
        this.readings = readings;
        this.before = before;
        this.peak = before;
        Thread reader = new Thread(this::follow, "gpu-memory");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Begins to watch.
     *
     * @param device {@code cuda} or {@code cuda:N}
     * @return empty for another device, and where {@code nvidia-smi} is missing or says something else
     */
    static Optional<GpuMemory> watch(String device) {
        if (!device.startsWith("cuda")) {
            return Optional.empty();
        }
        String number = device.equals("cuda") ? "0" : device.substring("cuda:".length());
        return watch(List.of(
                "nvidia-smi",
                "--id=" + number,
                "--query-gpu=memory.used",
                "--format=csv,noheader,nounits",
                "--loop-ms=50"));
    }

    /** Begins to watch what a command says, a line of MiB a reading. */
    static Optional<GpuMemory> watch(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            BufferedReader readings = process.inputReader(StandardCharsets.UTF_8);
            long before = megabytes(readings.readLine());
            if (before == NOTHING_READ) {
                process.destroy();
                return Optional.empty();
            }
            return Optional.of(new GpuMemory(process, readings, before));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** In MiB. */
    long peakMegabytes() {
        return peak - before;
    }

    private void follow() {
        try (readings) {
            for (String line = readings.readLine(); line != null; line = readings.readLine()) {
                peak = Math.max(peak, megabytes(line));
            }
        } catch (IOException e) {
            // The process has ended; what was read stands.
        }
    }

    private static long megabytes(String line) {
        return line == null || !line.strip().matches("\\d+") ? NOTHING_READ : Long.parseLong(line.strip());
    }

    @Override
    public void close() {
        process.destroy();
    }
}
