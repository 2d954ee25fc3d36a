package io.counterflow.cli.policy;

import io.counterflow.cli.progress.Stages;
import io.counterflow.trainer.likelihood.LikelihoodTraining;
import java.util.Locale;

/** Shows the steps of fitting by likelihood as a bar, with the loss of each and of what is held out. For one thread. */
final class FittingProgress implements LikelihoodTraining.Listener, AutoCloseable {

    private final Stages stages;
    private Stages.Bar bar;
    private String heldOut = "";

    FittingProgress(Stages stages) {
        this.stages = stages;
    }

    @Override
    public void started(long step, long totalSteps) {
        bar = stages.start("fitting by likelihood" + (step == 0 ? "" : ", going on after step " + step), totalSteps);
    }

    @Override
    public void evaluated(long step, double loss) {
        heldOut = String.format(Locale.ROOT, "  held out %.4f (perplexity %.2f)", loss, Math.exp(loss));
    }

    @Override
    public void stepDone(long step, double loss, double norm) {
        bar.at(step, String.format(Locale.ROOT, "loss %.4f%s", loss, heldOut));
    }

    /** What came of it, to stand behind something; empty where nothing was held out. */
    static String shown(LikelihoodTraining.Result result) {
        return Double.isNaN(result.heldOutAfter())
                ? ""
                : String.format(
                        Locale.ROOT,
                        "; held-out loss %.4f -> %.4f nats a token, perplexity %.2f -> %.2f",
                        result.heldOutBefore(),
                        result.heldOutAfter(),
                        Math.exp(result.heldOutBefore()),
                        Math.exp(result.heldOutAfter()));
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
