package io.counterflow.cli.bench;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.bench.BenchmarkShape;
import io.counterflow.model.bench.MemorySoak;
import io.counterflow.model.bench.ResidentMemory;
import io.counterflow.model.decoder.Precision;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterflow bench soak}. */
@Command(
        name = "soak",
        description = {
            "Trains and samples over and over, and watches the memory of the process (its resident set, native memory"
                    + " included).",
            "A round is one training step, log-probabilities, and one sampling call, of 16 sequences of other lengths each"
                    + " time. Exits with 1 when memory has grown by more than --limit-mb after the warm-up."
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class BenchSoakCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "500",
            description = "Training steps, and as many sampling calls, after the warm-up.")
    private int rounds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "150",
            description = "Rounds before the first reading: caches fill, the JVM compiles.")
    private int warmUp;

    @Option(
            names = "--readings",
            paramLabel = "N",
            defaultValue = "10",
            description = "How often memory is read, at equal distances, after the first reading.")
    private int readings;

    @Option(
            names = "--limit-mb",
            paramLabel = "MB",
            defaultValue = "32",
            description =
                    "Growth that is allowed, in MiB. One round that left its activations behind would leave some MiB.")
    private long limit;

    @Option(
            names = "--shape",
            paramLabel = "NAME",
            defaultValue = "1m",
            description = "The model, named by its millions of parameters: 1m, 15m, 135m.")
    private String shape;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            defaultValue = "float32",
            description = "Number format of matrix products: float32, bfloat16.")
    private Precision precision;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "Threads that share a batch.")
    private int threads;

    @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "cpu", description = "cpu, cuda or cuda:N.")
    private String device;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Also draws memory by round into this file, .png or .svg.")
    private Path output;

    @Override
    public Integer call() throws IOException {
        requirePositive("--rounds", rounds);
        requirePositive("--readings", readings);
        requirePositive("--threads", threads);
        if (warmUp < 0 || limit < 0) {
            throw new ParameterException(spec.commandLine(), "--warm-up and --limit-mb must be 0 or more");
        }
        if (output != null && !SoakPlot.canWrite(output)) {
            throw new ParameterException(
                    spec.commandLine(), "--output " + output + ": name it .png or .svg, which says what is written");
        }
        if (ResidentMemory.kilobytes().isEmpty()) {
            throw new IllegalStateException("this system does not say how large the resident set is; Linux does");
        }
        SoakReadings measured = measure();
        PrintWriter out = spec.commandLine().getOut();
        out.println(table(measured));
        boolean flat = measured.growthKilobytes() <= limit * 1024;
        out.printf(
                Locale.ROOT,
                "%s: %+.1f MiB over %d rounds; allowed are %d%n",
                flat ? "flat" : "GROWN",
                measured.growthKilobytes() / 1024.,
                rounds,
                limit);
        out.flush();
        if (output != null) {
            new SoakPlot(measured, "%s, %s".formatted(shape, precision.configName())).write(output);
        }
        return flat ? 0 : 1;
    }

    private void requirePositive(String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + " is " + value + "; it must be 1 or more");
        }
    }

    private SoakReadings measure() {
        BenchmarkShape wanted;
        try {
            wanted = BenchmarkShape.named(shape);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        ModelOptions options = ModelOptions.training()
                .withDevice(device)
                .withPrecision(precision)
                .withWorkers(threads);
        Stages stages = new Stages(System.err, InstantSource.system(), 1, Terminal.isThere());
        SoakReadings measured = new SoakReadings();
        try (MemorySoak soak = new MemorySoak(wanted.shape(), options);
                Stages.Bar bar = stages.start("rounds of training and sampling", warmUp + (long) rounds)) {
            for (int i = 0; i < warmUp; i++) {
                soak.round(i);
                bar.at(i + 1L, "warming up");
            }
            read(measured, 0);
            for (int i = 0; i < rounds; i++) {
                soak.round(warmUp + i);
                int done = i + 1;
                if ((long) done * readings / rounds > (long) i * readings / rounds) {
                    read(measured, done);
                }
                bar.at(warmUp + (long) done, String.format(Locale.ROOT, "%d MiB", measured.lastKilobytes() / 1024));
            }
        }
        return measured;
    }

    /** After a collection, so that what only waits for one does not count. */
    private static void read(SoakReadings measured, int round) {
        System.gc();
        measured.add(round, ResidentMemory.kilobytes().orElseThrow());
    }

    private static String table(SoakReadings measured) {
        return AsciiTable.getTable(
                AsciiTable.FANCY_ASCII,
                measured.all(),
                List.of(
                        new Column()
                                .header("rounds")
                                .dataAlign(HorizontalAlign.RIGHT)
                                .with(reading -> String.valueOf(reading.round())),
                        new Column()
                                .header("resident MiB")
                                .dataAlign(HorizontalAlign.RIGHT)
                                .with(reading -> String.format(Locale.ROOT, "%.1f", reading.kilobytes() / 1024.)),
                        new Column()
                                .header("since the warm-up")
                                .dataAlign(HorizontalAlign.RIGHT)
                                .with(reading -> String.format(
                                        Locale.ROOT,
                                        "%+.1f",
                                        (reading.kilobytes()
                                                        - measured.all().get(0).kilobytes())
                                                / 1024.))));
    }
}
