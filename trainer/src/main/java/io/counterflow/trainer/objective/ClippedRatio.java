package io.counterflow.trainer.objective;

/**
 * PPO's pessimistic surrogate of one probability ratio (arXiv 1707.06347, Eq. 7):
 * {@code min(r A, clip(r, 1 - c, 1 + c) A)} with {@code r = exp(ln pi - ln mu)}.
 *
 * @param value the surrogate
 * @param derivative d value / d ln pi: {@code r A}, or 0 where the clipped branch is the smaller one
 * @param clipped whether the clipped branch was taken
 */
record ClippedRatio(double value, double derivative, boolean clipped) {

    static ClippedRatio of(double logRatio, double advantage, double clip) {
        double ratio = Math.exp(logRatio);
        double bounded = Math.min(Math.max(ratio, 1 - clip), 1 + clip);
        double free = ratio * advantage;
        double limited = bounded * advantage;
        return limited < free ? new ClippedRatio(limited, 0, true) : new ClippedRatio(free, free, false);
    }
}
