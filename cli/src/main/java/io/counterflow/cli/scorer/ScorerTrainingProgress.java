package io.counterflow.cli.scorer;

import io.counterflow.cli.progress.Stages;
import io.counterflow.scorer.training.EpochSummary;
import io.counterflow.scorer.training.TrainingListener;
import java.util.Locale;

/** Shows a training: a bar with the loss, and a line an epoch. For one thread. */
final class ScorerTrainingProgress implements TrainingListener, AutoCloseable {

    private static final double FORGET = 0.05;

    private final Stages stages;
    private final boolean terminal;
    private Stages.Bar bar;
    private int resumed;
    private double loss = Double.NaN;
    private String judged = "";

    /** @param terminal whether the bar is drawn over, and shows what an epoch came to */
    ScorerTrainingProgress(Stages stages, boolean terminal) {
        this.stages = stages;
        this.terminal = terminal;
    }

    @Override
    public void resumed(int epoch) {
        resumed = epoch;
    }

    @Override
    public void encoded(int training, int heldOut, long tokensAnEpoch, int cut) {
        stages.note(String.format(
                Locale.ROOT,
                "learning from %,d examples, %,d tokens an epoch; %,d of all %,d examples were longer than allowed and cut",
                training,
                tokensAnEpoch,
                cut,
                training + heldOut));
        if (resumed > 0) {
            stages.note("going on after epoch " + resumed);
        }
    }

    @Override
    public void equalPairs(int training, int trainingCut, int heldOut) {
        if (training > 0) {
            stages.note(leftOut(training) + ": both completions are the same to the model");
        }
        if (trainingCut > 0) {
            stages.note(leftOut(trainingCut)
                    + ": both completions are the same once they are cut to --max-length; a higher one, or"
                    + " another --truncation, may keep what differs");
        }
        if (heldOut > 0) {
            stages.note(heldOut + (heldOut == 1 ? " pair to judge by is a tie" : " pairs to judge by are ties")
                    + ", for the same reason");
        }
    }

    private static String leftOut(int pairs) {
        return pairs + (pairs == 1 ? " pair was left out" : " pairs were left out");
    }

    @Override
    public void disagreement(int contradicting, int repeated) {
        if (contradicting > 0) {
            stages.note(contradicting
                    + " examples contradict each other: the same texts with another label, or preferred the other way"
                    + " round; they are learned from as they are");
        }
        if (repeated > 0) {
            stages.note(repeated + (repeated == 1 ? " example repeats" : " examples repeat")
                    + " an earlier one, and counts as often as it is there");
        }
    }

    @Override
    public void step(long step, long steps, double batchLoss, double learningRate) {
        if (bar == null) {
            bar = stages.start("training", steps);
        }
        loss = Double.isNaN(loss) ? batchLoss : loss + FORGET * (batchLoss - loss);
        bar.at(step, String.format(Locale.ROOT, "loss %.3f%s", loss, judged));
    }

    @Override
    public void epoch(EpochSummary summary) {
        if (summary.heldOutAccuracy() != null) {
            judged = String.format(Locale.ROOT, ", held-out accuracy %.1f %%", 100 * summary.heldOutAccuracy());
        }
        if (!terminal) {
            stages.note(String.format(
                    Locale.ROOT,
                    "epoch %d: training loss %.4f%s, %.0f s",
                    summary.epoch(),
                    summary.trainingLoss(),
                    judged,
                    summary.seconds()));
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
