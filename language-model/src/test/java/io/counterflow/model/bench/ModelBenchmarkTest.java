package io.counterflow.model.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.decoder.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelBenchmarkTest {
    private final List<Measurement> measured = new ArrayList<>();

    @ParameterizedTest
    @EnumSource
    void everyTaskOfAShapeIsMeasured(BenchmarkTask task) {
        BenchmarkShape shape = new BenchmarkShape("tiny", new LlamaShape(64, 16, 32, 1, 2, 1, 2048, true), 1);
        ModelOptions options =
                task.trains() ? ModelOptions.training().withGradientCheckpointing(true) : ModelOptions.inference();
        Measurement measured = new ModelBenchmark(options, BenchmarkClock.PROCESSOR).run(shape, task);
        assertThat(measured.task()).isEqualTo(task.title());
        assertThat(measured.engine()).isEqualTo(task.trains() ? "counterflow, checkpointed" : "counterflow");
        assertThat(measured.tokensPerSecond()).isPositive();
    }

    @Test
    void aProcessOfItsOwnSaysWhatItMeasured() {
        MeasuringProcess.run(
                BenchmarkShape.named("1m"),
                BenchmarkTask.SAMPLE,
                ModelOptions.inference(),
                BenchmarkClock.PROCESSOR,
                measured::add);
        assertThat(measured).singleElement().satisfies(m -> {
            assertThat(m.shape()).isEqualTo("1m");
            assertThat(m.tokensPerSecond()).isPositive();
        });
    }

    @Test
    void aPythonWithoutTorchIsNotTaken() {
        assertThat(PythonBenchmark.find(List.of("no-such-python-here"), 1, measured::add))
                .isEmpty();
    }

    @Test
    void aPythonWithTransformersIsPreferred(@TempDir Path folder) throws Exception {
        Path without = folder.resolve("without");
        Path with = folder.resolve("with");
        Files.writeString(without, "#!/bin/sh\necho 2.6.0\n");
        Files.writeString(with, "#!/bin/sh\necho 2.7.1 4.50.0\n");
        for (Path python : List.of(without, with)) {
            Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwx------"));
        }
        assertThat(PythonBenchmark.find(List.of(without.toString(), with.toString()), 1, measured::add)
                        .orElseThrow()
                        .description())
                .contains("transformers 4.50.0 on PyTorch 2.7.1");
    }

    @Test
    void whatPythonMeasuresIsReadAndWhatItSaysWhenItFailsIsPassedOn(@TempDir Path folder) throws Exception {
        Path python = folder.resolve("python");
        // Takes the place of a Python with PyTorch, of which a build machine has none.
        Files.writeString(python, """
                #!/bin/sh
                [ "$1" = "-c" ] && echo 2.6.0 && exit 0
                cat > /dev/null
                echo '{"engine": "pytorch", "shape": "'$2'", "task": "train 8 x 128", "tokensPerSecond": 12.5, "peakMegabytes": 7}'
                [ "$2" = "15m" ] && echo "out of memory" >&2 && exit 1
                exit 0
                """);
        Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwx------"));
        PythonBenchmark benchmark = PythonBenchmark.find(List.of(python.toString()), 1, measured::add)
                .orElseThrow();
        assertThat(benchmark.description()).contains("PyTorch 2.6.0", "no transformers");
        benchmark.run(BenchmarkShape.named("1m"), BenchmarkTask.TRAIN, "cpu", Precision.FLOAT32, BenchmarkClock.WALL);
        assertThat(measured).containsExactly(new Measurement("pytorch", "1m", "train 8 x 128", 12.5, 7, 0));
        assertThatThrownBy(() -> benchmark.run(
                        BenchmarkShape.named("15m"),
                        BenchmarkTask.TRAIN,
                        "cpu",
                        Precision.FLOAT32,
                        BenchmarkClock.WALL))
                .hasMessageContaining("out of memory");
    }
}
