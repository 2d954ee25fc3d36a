package io.counterflow.model.training;

/**
 * The learning rate of each step of a classifier's training: it rises in a straight line over the warm-up, is at its peak in the step after it too, and
 * falls in a straight line to what would be 0 one step after the last. Immutable.
 *
 * <p>A policy's training has a schedule of its own, with its settings: there the warm-up's last step alone is at the peak. The two are not one, since both
 * are fixed to the last bit: by ledgers there, and by the trainings that are continued here.
 */
public final class LearningRateSchedule {

    private final double peak;
    private final long warmUpSteps;
    private final long steps;

    /**
     * @param peak the largest rate
     * @param warmUpSteps steps over which it rises from 0
     * @param steps all steps, the warm-up's included
     */
    public LearningRateSchedule(double peak, long warmUpSteps, long steps) {
        if (!(peak > 0) || Double.isInfinite(peak)) {
            throw new IllegalArgumentException("The learning rate is " + peak + "; it must be above 0");
        }
        if (warmUpSteps < 0 || warmUpSteps > steps) {
            throw new IllegalArgumentException(
                    "The warm-up is " + warmUpSteps + " steps; it must be between 0 and all " + steps + " steps");
        }
        this.peak = peak;
        this.warmUpSteps = warmUpSteps;
        this.steps = steps;
    }

    /**
     * The rate of a step.
     *
     * @param step from 0 on; beyond the end it is 0
     */
    public double rate(long step) {
        if (step < warmUpSteps) {
            return peak * (step + 1) / warmUpSteps;
        }
        double done = step >= steps ? 1 : (double) (step - warmUpSteps) / (steps - warmUpSteps);
        return peak - peak * done;
    }
}
