package io.counterflow.cli.bench;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.bench.BenchmarkClock;
import io.counterflow.model.bench.BenchmarkShape;
import io.counterflow.model.bench.BenchmarkTask;
import io.counterflow.model.bench.Measurement;
import io.counterflow.model.bench.MeasuringProcess;
import io.counterflow.model.bench.PythonBenchmark;
import io.counterflow.model.decoder.Precision;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterflow bench model}. */
@Command(
        name = "model",
        description = {
            "Measures training steps (8 sequences of 128 tokens: forward, backward, clipping, AdamW) and sampling (64 tokens"
                    + " after 16) of random models, and the same of PyTorch eager where a Python has it. Each task has a"
                    + " process of its own, whose peak of memory is shown, the GPU's too where nvidia-smi says it.",
            "For a machine that does nothing else."
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class BenchModelCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--shape",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "1m,15m,135m",
            description = "Models to measure, named by their millions of parameters.")
    private List<String> shapes;

    @Option(
            names = "--task",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "train,sample,sample-batch",
            description =
                    "What is measured: train, sample, sample-batch (32 completions at a time), train-long (one sequence of"
                            + " 1,024 tokens, with gradient checkpointing and without); train-lora, sample-lora,"
                            + " sample-lora-batch (with an adapter of rank 16; beside PEFT).")
    private List<String> tasks;

    @Option(
            names = "--precision",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "float32,bfloat16",
            description = "Number formats of matrix products: float32, bfloat16.")
    private List<Precision> precisions;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads for either side (default: one for each processor).")
    private Integer threads;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu",
            description = "cpu, cuda or cuda:N, for either side. On a GPU one thread is enough.")
    private String device;

    @Option(
            names = "--python",
            split = ",",
            paramLabel = "COMMAND",
            defaultValue = "python3,python",
            description = "Where to look for PyTorch, and for transformers.")
    private List<String> pythons;

    @Option(
            names = "--processor-time",
            description = "Count the seconds that the processor computes instead of those that pass: for a machine that"
                    + " does other things too. Fair with --threads 1 only, because threads that wait for each other"
                    + " may compute meanwhile.")
    private boolean processorTime;

    private final List<Measurement> measured = new ArrayList<>();

    @Override
    public Integer call() {
        int count = threads != null
                ? threads
                : device.equals("cpu") ? Runtime.getRuntime().availableProcessors() : 1;
        if (count < 1) {
            throw new ParameterException(spec.commandLine(), "--threads is " + count + "; it must be 1 or more");
        }
        List<BenchmarkShape> wanted = named(shapes, BenchmarkShape::named);
        List<BenchmarkTask> wantedTasks = named(tasks, BenchmarkTask::named);
        PrintWriter out = spec.commandLine().getOut();
        Optional<PythonBenchmark> python = PythonBenchmark.find(pythons, count, this::take);
        String rival = python.map(PythonBenchmark::description)
                .orElse("none, because none of " + pythons + " has PyTorch; name one that has with --python");
        BenchmarkClock clock = processorTime ? BenchmarkClock.PROCESSOR : BenchmarkClock.WALL;
        out.printf(
                "%d %s, seconds of %s; compared with: %s%n",
                count, count == 1 ? "thread" : "threads", processorTime ? "the processor" : "the clock", rival);
        out.flush();
        for (BenchmarkShape shape : wanted) {
            for (BenchmarkTask task : wantedTasks) {
                for (Precision precision : precisions) {
                    ours(shape, task, precision, count, clock);
                    if (task.trains() || precision == Precision.FLOAT32) {
                        python.filter(benchmark -> benchmark.measures(task))
                                .ifPresent(benchmark -> benchmark.run(shape, task, device, precision, clock));
                    }
                }
            }
        }
        out.println(table());
        out.flush();
        return 0;
    }

    private void ours(BenchmarkShape shape, BenchmarkTask task, Precision precision, int count, BenchmarkClock clock) {
        ModelOptions options = ModelOptions.training()
                .withDevice(device)
                .withPrecision(precision)
                .withWorkers(count);
        MeasuringProcess.run(shape, task, options, clock, this::take);
        if (task == BenchmarkTask.TRAIN_LONG) {
            MeasuringProcess.run(shape, task, options.withGradientCheckpointing(true), clock, this::take);
        }
    }

    private <T> List<T> named(List<String> names, Function<String, T> of) {
        try {
            return names.stream().map(of).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void take(Measurement measurement) {
        measured.add(measurement);
        PrintWriter err = spec.commandLine().getErr();
        err.printf(
                Locale.ROOT,
                "%s, %s, %s: %,.0f tokens/s, peak %,d MB%n",
                measurement.shape(),
                measurement.task(),
                measurement.engine(),
                measurement.tokensPerSecond(),
                measurement.peakMegabytes());
        err.flush();
    }

    private String table() {
        List<ColumnData<Measurement>> columns = new ArrayList<>(List.of(
                left("shape", Measurement::shape),
                left("task", Measurement::task),
                left("engine", Measurement::engine),
                right("tokens/s", m -> String.format(Locale.ROOT, "%,.0f", m.tokensPerSecond())),
                right("x PyTorch float32", this::ratio),
                right("peak MB", m -> megabytes(m.peakMegabytes()))));
        if (measured.stream().anyMatch(m -> m.gpuPeakMegabytes() > 0)) {
            columns.add(right("GPU peak MB", m -> megabytes(m.gpuPeakMegabytes())));
        }
        return AsciiTable.getTable(AsciiTable.FANCY_ASCII, measured, columns);
    }

    private static String megabytes(long count) {
        return count == 0 ? "-" : String.valueOf(count);
    }

    private static ColumnData<Measurement> left(String header, Function<Measurement, String> value) {
        return new Column().header(header).dataAlign(HorizontalAlign.LEFT).with(value);
    }

    private static ColumnData<Measurement> right(String header, Function<Measurement, String> value) {
        return new Column().header(header).dataAlign(HorizontalAlign.RIGHT).with(value);
    }

    /** How many times as fast as PyTorch in float32 at the same task, in this run. */
    private String ratio(Measurement measurement) {
        return measured.stream()
                .filter(m -> m.engine().equals("pytorch")
                        && m.shape().equals(measurement.shape())
                        && m.task().equals(measurement.task()))
                .findFirst()
                .map(m -> String.format(Locale.ROOT, "%.2f", measurement.tokensPerSecond() / m.tokensPerSecond()))
                .orElse("-");
    }
}
