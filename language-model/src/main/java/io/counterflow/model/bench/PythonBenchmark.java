package io.counterflow.model.bench;

import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.decoder.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The same measurements on PyTorch eager, in a Python that has it: of transformers where that is there too, else of the same decoder
 * written plainly.
 */
public final class PythonBenchmark {
    private static final int SECONDS_TO_IMPORT = 120;
    private static final String VERSIONS = """
            import importlib
            try:
                for name in ("torch", "transformers", "peft"):
                    print(importlib.import_module(name).__version__)
            except ImportError:
                pass
            """;

    private final String python;
    // Of torch, transformers and PEFT, as far as they are there.
    private final List<String> versions;
    private final int threads;
    private final Consumer<Measurement> listener;

    private PythonBenchmark(String python, List<String> versions, int threads, Consumer<Measurement> listener) {
        this.python = python;
        this.versions = List.copyOf(versions);
        this.threads = threads;
        this.listener = listener;
    }

    /**
     * Looks for a Python with torch, and takes the first with transformers where one of them has it.
     *
     * @param candidates commands to try, such as {@code python3}
     * @param threads that PyTorch is given
     * @param listener takes each measurement as it is made
     * @return empty where none of the candidates has torch
     */
    public static Optional<PythonBenchmark> find(List<String> candidates, int threads, Consumer<Measurement> listener) {
        Optional<PythonBenchmark> plain = Optional.empty();
        for (String python : candidates) {
            PythonBenchmark found = new PythonBenchmark(python, versions(python), threads, listener);
            if (found.versions.size() > 1) {
                return Optional.of(found);
            }
            if (found.versions.size() == 1 && plain.isEmpty()) {
                plain = Optional.of(found);
            }
        }
        return plain;
    }

    private static List<String> versions(String python) {
        try {
            Process process = new ProcessBuilder(python, "-c", VERSIONS)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(SECONDS_TO_IMPORT, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return List.of();
            }
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.exitValue() != 0 || said.isEmpty() ? List.of() : List.of(said.split("\\s+"));
        } catch (IOException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    /** What is measured, and where it was found: for people. */
    public String description() {
        return switch (versions.size()) {
            case 1 -> "a plain Llama on PyTorch %s eager (%s has no transformers)".formatted(versions.get(0), python);
            case 2 -> "transformers %s on PyTorch %s eager (%s)".formatted(versions.get(1), versions.get(0), python);
            default ->
                "transformers %s with PEFT %s on PyTorch %s eager (%s)"
                        .formatted(versions.get(1), versions.get(2), versions.get(0), python);
        };
    }

    /** Whether it can do this: adapters are PEFT's. */
    public boolean measures(BenchmarkTask task) {
        return task.rank() == 0 || versions.size() > 2;
    }

    /**
     * Measures one task, in a process of its own.
     *
     * @param device as PyTorch names it, such as {@code cpu} and {@code cuda:0}
     * @param precision of training, by autocast where it is not float32; sampling is in float32
     * @param clock which seconds count
     * @throws IllegalStateException when Python fails; the message ends with what it said
     */
    public void run(
            BenchmarkShape shape, BenchmarkTask task, String device, Precision precision, BenchmarkClock clock) {
        List<String> command = new ArrayList<>(List.of(python, "-", shape.name(), Integer.toString(threads)));
        LlamaShape sizes = shape.shape();
        for (int number : new int[] {
            sizes.vocabularySize(),
            sizes.hiddenSize(),
            sizes.intermediateSize(),
            sizes.layers(),
            sizes.attentionHeads(),
            sizes.keyValueHeads(),
            sizes.maxPositions(),
            shape.repetitions(),
            task.rows(),
            task.tokens(),
            task.rank()
        }) {
            command.add(Integer.toString(number));
        }
        command.addAll(List.of(
                clock.python(),
                device,
                task.title(),
                task.trains() ? "train" : "sample",
                Measurement.engine("pytorch", precision, false)));
        ProcessBuilder builder = new ProcessBuilder(command);
        // What the launcher sets is for its own program. PyTorch is measured as it comes.
        builder.environment()
                .keySet()
                .removeAll(List.of(
                        "OMP_WAIT_POLICY",
                        "GOMP_SPINCOUNT",
                        "MALLOC_MMAP_THRESHOLD_",
                        "MALLOC_TRIM_THRESHOLD_",
                        "THP_MEM_ALLOC_ENABLE"));
        // Which torch.set_num_threads does not reach.
        builder.environment().put("OPENBLAS_NUM_THREADS", Integer.toString(threads));
        try (InputStream script = PythonBenchmark.class.getResourceAsStream("pytorch_eager.py")) {
            MeasuringProcess.run(builder, device, script.readAllBytes(), listener);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read pytorch_eager.py", e);
        }
    }
}
