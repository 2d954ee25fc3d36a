package io.counterflow.model.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.decoder.Precision;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A process that measures one task and says what it measured as a JSON object, so that its memory is that of this task and no other's. Its
 * {@link #main} is such a process.
 */
public final class MeasuringProcess {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> PASSED_ON =
            List.of("-X", "-Dai.djl", "--enable-native-access", "--sun-misc-unsafe-memory-access");

    private MeasuringProcess() {}

    /**
     * Measures one task of Counterflow in a Java of its own, with the settings of this one.
     *
     * @param options its device, precision, workers and checkpointing
     * @throws IllegalStateException when it fails; the message ends with what it said
     */
    public static void run(
            BenchmarkShape shape,
            BenchmarkTask task,
            ModelOptions options,
            BenchmarkClock clock,
            Consumer<Measurement> listener) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> PASSED_ON.stream().anyMatch(argument::startsWith))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MeasuringProcess.class.getName()));
        command.addAll(List.of(
                shape.name(),
                task.configName(),
                options.devices().get(0),
                options.precision().configName(),
                Integer.toString(options.workers()),
                Boolean.toString(options.gradientCheckpointing()),
                clock.name()));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("OPT_OUT_TRACKING", "true");
        if (!task.trains()) {
            // As the launcher does for commands that only sample.
            builder.environment().putIfAbsent("THP_MEM_ALLOC_ENABLE", "1");
        }
        run(builder, options.devices().get(0), new byte[0], listener);
    }

    /**
     * Runs a program.
     *
     * @param device that it computes on
     * @param input what it reads
     * @param listener takes each measurement as it is made
     * @throws IllegalStateException when it fails; the message ends with what it said
     */
    static void run(ProcessBuilder builder, String device, byte[] input, Consumer<Measurement> listener) {
        String program = builder.command().get(0);
        try {
            Path errors = Files.createTempFile("counterflow-bench", ".txt");
            Optional<GpuMemory> gpu = GpuMemory.watch(device);
            try {
                Process process = builder.redirectError(errors.toFile()).start();
                try (var in = process.getOutputStream()) {
                    in.write(input);
                }
                try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                    for (String line = out.readLine(); line != null; line = out.readLine()) {
                        // Libraries may log to the same stream.
                        if (line.startsWith("{")) {
                            Measurement measured = JSON.readValue(line, Measurement.class);
                            listener.accept(measured.withGpuPeak(
                                    gpu.map(GpuMemory::peakMegabytes).orElse(0L)));
                        }
                    }
                }
                if (process.waitFor() != 0) {
                    String said = Files.readString(errors);
                    throw new IllegalStateException(
                            program + " failed: " + said.substring(Math.max(0, said.length() - 500)));
                }
            } finally {
                gpu.ifPresent(GpuMemory::close);
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + program, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while " + program + " was measuring", e);
        }
    }

    /** Measures what the arguments say, in the order in which {@link #run} gives them. */
    public static void main(String[] arguments) throws IOException {
        BenchmarkTask task = BenchmarkTask.named(arguments[1]);
        ModelOptions options = (task.trains() ? ModelOptions.training() : ModelOptions.inference())
                .withDevice(arguments[2])
                .withPrecision(Precision.fromConfigName(arguments[3]))
                .withWorkers(Integer.parseInt(arguments[4]))
                .withGradientCheckpointing(Boolean.parseBoolean(arguments[5]));
        Measurement measured = new ModelBenchmark(options, BenchmarkClock.valueOf(arguments[6]))
                .run(BenchmarkShape.named(arguments[0]), task);
        System.out.println(JSON.writeValueAsString(measured));
    }
}
