package io.counterflow.trainer.experiment;

import java.util.Arrays;
import java.util.List;

/**
 * Where an algorithm ended, against the limit of its expected updates.
 *
 * <p>A biased algorithm does not come to rest: the batches of 512 keep moving it around its limit, for the policy
 * gradient without baseline by 0.01 in regret (one standard deviation) from one epoch to the next, which ten seeds
 * average to no better than 0.003. So what is measured of a seed is its mean over the last tenth of the epochs.
 *
 * @param measured mean over seeds of the regret in the last tenth of the epochs
 * @param standardError of {@code measured}, from the spread over seeds; NaN for one seed
 * @param lowest of the seeds
 * @param highest of the seeds
 * @param lastEpoch mean over seeds of the regret after the last epoch alone
 * @param policy probability of each arm after the last epoch, mean over seeds
 */
public record LimitCheck(
        Algorithm algorithm,
        double measured,
        double standardError,
        double lowest,
        double highest,
        double lastEpoch,
        double[] policy) {

    /** How far a measured regret may lie from the limit. */
    public static final double TOLERANCE = 0.003;

    /** What CoPG must stay below, since it claims to have no regret at all. */
    public static final double NO_REGRET = 1e-3;

    /** One check for each algorithm, in the order of their first curves. */
    public static List<LimitCheck> of(List<Curve> curves) {
        return curves.stream()
                .map(Curve::algorithm)
                .distinct()
                .map(algorithm -> of(
                        algorithm,
                        curves.stream().filter(c -> c.algorithm() == algorithm).toList()))
                .toList();
    }

    private static LimitCheck of(Algorithm algorithm, List<Curve> curves) {
        double[] ends = curves.stream().mapToDouble(LimitCheck::end).toArray();
        double mean = Arrays.stream(ends).average().orElseThrow();
        double squares = Arrays.stream(ends).map(e -> (e - mean) * (e - mean)).sum();
        double[] policy = new double[curves.get(0).policy().length];
        for (Curve curve : curves) {
            for (int y = 0; y < policy.length; y++) {
                policy[y] += curve.policy()[y] / ends.length;
            }
        }
        return new LimitCheck(
                algorithm,
                mean,
                ends.length == 1 ? Double.NaN : Math.sqrt(squares / (ends.length - 1) / ends.length),
                Arrays.stream(ends).min().orElseThrow(),
                Arrays.stream(ends).max().orElseThrow(),
                curves.stream().mapToDouble(Curve::finalRegret).average().orElseThrow(),
                policy);
    }

    /** How many epochs are the last tenth; at least one. */
    public static int lastEpochs(int epochs) {
        return Math.max(1, epochs / 10);
    }

    private static double end(Curve curve) {
        double[] regret = curve.regret();
        return Arrays.stream(regret, regret.length - lastEpochs(regret.length - 1), regret.length)
                .average()
                .orElseThrow();
    }

    /** Whether the measured regret lies at the limit, within {@link #tolerance()}. */
    public boolean holds() {
        return Math.abs(measured - algorithm.limit()) <= tolerance();
    }

    public double tolerance() {
        return algorithm == Algorithm.COPG ? NO_REGRET : TOLERANCE;
    }
}
