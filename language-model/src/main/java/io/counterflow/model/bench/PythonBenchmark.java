package io.counterflow.model.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.checkpoint.LlamaShape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The same measurements of transformers on PyTorch eager, in a Python that has both. */
public final class PythonBenchmark {
    private static final int SECONDS_TO_IMPORT = 120;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String python;
    private final int threads;
    private final Consumer<Measurement> listener;

    private PythonBenchmark(String python, int threads, Consumer<Measurement> listener) {
        this.python = python;
        this.threads = threads;
        this.listener = listener;
    }

    /**
     * Looks for a Python with torch and transformers.
     *
     * @param candidates commands to try, such as {@code python3}
     * @param threads that PyTorch is given
     * @param listener takes each measurement as it is made
     * @return empty where none of the candidates has both
     */
    public static Optional<PythonBenchmark> find(List<String> candidates, int threads, Consumer<Measurement> listener) {
        return candidates.stream()
                .filter(PythonBenchmark::hasTorch)
                .findFirst()
                .map(python -> new PythonBenchmark(python, threads, listener));
    }

    private static boolean hasTorch(String python) {
        try {
            Process process = new ProcessBuilder(python, "-c", "import torch, transformers")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(SECONDS_TO_IMPORT, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return false;
            }
            return process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The command that was found. */
    public String python() {
        return python;
    }

    /**
     * Measures one shape.
     *
     * @throws IllegalStateException when Python fails; the message ends with what it said
     */
    public void run(BenchmarkShape shape) {
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
            shape.trainingSteps()
        }) {
            command.add(Integer.toString(number));
        }
        try (InputStream script = PythonBenchmark.class.getResourceAsStream("pytorch_eager.py")) {
            Path errors = Files.createTempFile("counterflow-bench", ".txt");
            try {
                run(command, script.readAllBytes(), errors);
            } finally {
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + python, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while " + python + " was measuring", e);
        }
    }

    private void run(List<String> command, byte[] script, Path errors) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        try (var in = process.getOutputStream()) {
            in.write(script);
        }
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                JsonNode json = JSON.readTree(line);
                listener.accept(new Measurement(
                        "pytorch",
                        json.get("shape").asText(),
                        json.get("task").asText(),
                        json.get("tokensPerSecond").asDouble(),
                        json.get("peakMegabytes").asLong()));
            }
        }
        if (process.waitFor() != 0) {
            String said = Files.readString(errors);
            throw new IllegalStateException(python + " failed: " + said.substring(Math.max(0, said.length() - 500)));
        }
    }
}
