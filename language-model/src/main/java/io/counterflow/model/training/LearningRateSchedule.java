package io.counterflow.model.training;

/**
 * Learning rate of each step: a linear warm-up to the peak, then constant, or a cosine down to a last rate. Immutable.
 */
public final class LearningRateSchedule {
    /** What follows the warm-up. */
    public enum Shape {
        CONSTANT,
        COSINE,
        LINEAR
    }

    private final Shape shape;
    private final double peak;
    private final double last;
    private final long warmUpSteps;
    private final long steps;

    private LearningRateSchedule(Shape shape, double peak, double last, long warmUpSteps, long steps) {
        if (!(peak > 0) || Double.isInfinite(peak)) {
            throw new IllegalArgumentException("The learning rate is " + peak + "; it must be above 0");
        }
        if (!(last >= 0 && last <= peak)) {
            throw new IllegalArgumentException(
                    "The last learning rate is " + last + "; it must be between 0 and the peak of " + peak);
        }
        if (warmUpSteps < 0 || warmUpSteps > steps) {
            throw new IllegalArgumentException(
                    "The warm-up is " + warmUpSteps + " steps; it must be between 0 and all " + steps + " steps");
        }
        this.shape = shape;
        this.peak = peak;
        this.last = last;
        this.warmUpSteps = warmUpSteps;
        this.steps = steps;
    }

    /** Rises over the warm-up, then stays. */
    public static LearningRateSchedule constant(double peak, long warmUpSteps) {
        return new LearningRateSchedule(Shape.CONSTANT, peak, peak, warmUpSteps, Long.MAX_VALUE);
    }

    /** Rises over the warm-up, then falls as half a cosine, to reach {@code last} at step {@code steps}. */
    public static LearningRateSchedule cosine(double peak, double last, long warmUpSteps, long steps) {
        return new LearningRateSchedule(Shape.COSINE, peak, last, warmUpSteps, steps);
    }

    /** Rises over the warm-up, then falls in a straight line, to reach {@code last} at step {@code steps}. */
    public static LearningRateSchedule linear(double peak, double last, long warmUpSteps, long steps) {
        return new LearningRateSchedule(Shape.LINEAR, peak, last, warmUpSteps, steps);
    }

    /**
     * The rate of a step.
     *
     * @param step from 0 on; beyond the end, the last rate
     */
    public double rate(long step) {
        if (step < warmUpSteps) {
            return peak * (step + 1) / warmUpSteps;
        }
        if (shape == Shape.CONSTANT) {
            return peak;
        }
        double done = step >= steps ? 1 : (double) (step - warmUpSteps) / (steps - warmUpSteps);
        return switch (shape) {
            case COSINE -> last + (peak - last) * 0.5 * (1 + Math.cos(Math.PI * done));
            case LINEAR -> peak + (last - peak) * done;
            case CONSTANT -> peak;
        };
    }
}
