package io.counterflow.trainer.metrics;

import io.counterflow.schemas.StepPlanned;
import io.counterflow.trainer.batch.RunRecipe;
import io.counterflow.trainer.step.StepOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/** The metrics of one run: into the files of its folder, and to a recorder of the caller's. Not thread-safe. */
public final class RunMetrics implements AutoCloseable {

    private final Path folder;
    private final InstantSource clock;
    private final StepRecorder recorder;
    private MetricsFile file;
    private TensorBoardFile tensorBoard;

    /** @param recorder stays the caller's */
    public RunMetrics(Path folder, InstantSource clock, StepRecorder recorder) {
        this.folder = Objects.requireNonNull(folder, "folder");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.recorder = Objects.requireNonNull(recorder, "recorder");
    }

    /** Opens the files; steps after this one, left there by an earlier start, are recorded anew. */
    public void open(long step) {
        try {
            Files.createDirectories(folder);
            file = MetricsFile.open(folder.resolve("metrics.jsonl"), step);
            tensorBoard = TensorBoardFile.create(folder.resolve("tensorboard"), clock.instant(), step);
        } catch (IOException e) {
            throw new UncheckedIOException("the metrics files in " + folder + " cannot be opened", e);
        }
    }

    /** Records a step that was applied. */
    public void record(long step, StepPlanned plan, StepOutcome outcome) {
        SortedMap<String, Double> numbers = new TreeMap<>(outcome.metrics());
        numbers.put("loss", outcome.loss());
        numbers.put("gradient.norm", outcome.gradientNorm());
        numbers.put("learning.rate", plan.getLearningRate());
        numbers.put("epoch", (double) plan.getEpoch());
        numbers.put("set.aside", (double) plan.getSetAside().size());
        numbers.put("set.aside.recipe", (double) plan.getSetAside().stream()
                .filter(aside -> aside.getCause().startsWith(RunRecipe.CAUSE))
                .count());
        Instant now = clock.instant();
        try {
            file.append(step, now, numbers);
            tensorBoard.append(step, now, numbers);
        } catch (IOException e) {
            throw new UncheckedIOException("step " + step + ": the metrics in " + folder + " cannot be written", e);
        }
        recorder.record(step, numbers);
    }

    @Override
    public void close() {
        try {
            if (file != null) {
                file.close();
            }
            if (tensorBoard != null) {
                tensorBoard.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the metrics files in " + folder + " cannot be closed", e);
        }
    }
}
