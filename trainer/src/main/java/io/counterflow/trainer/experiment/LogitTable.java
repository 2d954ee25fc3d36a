package io.counterflow.trainer.experiment;

/** One logit an arm, all 0 at the start. */
final class LogitTable implements PolicyParameters {

    private final double[] logits;

    LogitTable(int arms) {
        logits = new double[arms];
    }

    @Override
    public double[] values() {
        return logits;
    }

    @Override
    public double[] logits() {
        return logits.clone();
    }

    @Override
    public double[] backward(double[] logitGradient) {
        return logitGradient.clone();
    }
}
