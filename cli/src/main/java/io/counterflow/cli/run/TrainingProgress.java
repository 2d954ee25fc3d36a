package io.counterflow.cli.run;

import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.report.Figures;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.step.StepOutcome;
import java.nio.file.Path;
import java.util.Optional;

/** Shows the trainer's steps as a bar, with the reward of each batch and its running mean. For the trainer's thread. */
public final class TrainingProgress implements TrainerListener, AutoCloseable {

    private static final int SMOOTHING = 5;

    private final Stages stages;
    private final String what;
    private Stages.Bar bar;
    private double reward = Double.NaN;
    private String end;

    /** @param what is trained on, in words */
    public TrainingProgress(Stages stages, String what) {
        this.stages = stages;
        this.what = what;
    }

    @Override
    public void started(String runId, long step, long totalSteps) {
        bar = stages.start(what, totalSteps == Long.MAX_VALUE ? 0 : totalSteps);
        if (step > 0) {
            stages.note("going on after step " + step);
        }
    }

    @Override
    public void checkpointRefused(String reason) {
        stages.note(reason);
    }

    @Override
    public void anotherRecipe(String remark) {
        stages.note(remark);
    }

    @Override
    public void stepApplied(long step, StepOutcome outcome, boolean again) {
        double now = outcome.metrics().getOrDefault("reward.mean", Double.NaN);
        reward = Double.isNaN(reward) ? now : reward + (now - reward) / SMOOTHING;
        StringBuilder numbers =
                new StringBuilder("reward " + Figures.number(now, 2) + ", smoothed " + Figures.number(reward, 2));
        add(numbers, "KL", 2, outcome.metrics().get("kl.reference"));
        add(numbers, "log-ratio", 2, outcome.metrics().get("h.mean"));
        add(numbers, "staleness", 1, outcome.metrics().get("staleness.mean"));
        bar.at(step, numbers.toString());
    }

    @Override
    public void ended(long step, String weightsSha256, Path checkpoint) {
        end = "checkpoint " + checkpoint + System.lineSeparator() + "weights    sha256 " + weightsSha256;
    }

    /** Whether the run began or went on; one that had ended before does neither. */
    public boolean started() {
        return bar != null;
    }

    /** What the run ended with, in two lines; empty where it has not ended. */
    public Optional<String> end() {
        return Optional.ofNullable(end);
    }

    /** What another run's completions do not tell is left out. */
    private static void add(StringBuilder numbers, String name, int digits, Double value) {
        if (value != null) {
            numbers.append("  ").append(name).append(' ').append(Figures.number(value, digits));
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
