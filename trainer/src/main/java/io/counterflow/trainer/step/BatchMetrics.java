package io.counterflow.trainer.step;

import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.batch.TrainingMember;
import io.counterflow.trainer.objective.GroupLoss;
import io.counterflow.trainer.objective.ScoredCompletion;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Adds up what a step reports, group by group in the order of the batch.
 *
 * <p>Names: {@code reward.mean}, {@code reward.std} over all completions, {@code reward.std.group} within groups;
 * {@code h.mean}, {@code h.min}, {@code h.max} of the log-ratios, which under samples of other policies are no KL divergence;
 * {@code kl.reference}, {@code kl.effective.samples} and {@code kl.staleness} of {@link DivergenceEstimate}, which is one; {@code
 * staleness.mean}, {@code .max} and
 * {@code .histogram.N} (completions from N policy versions ago up to the next bound, bounds being powers of two);
 * {@code h.rank.N}, the mean h of each group's N-th best member by reward, and {@code length.rank.N}, its mean length (with
 * pairs, rank 1 is the preferred completion); {@code score.NAME}, the mean score of each scorer; {@code length.mean},
 * {@code .min}, {@code .max} and {@code tokens} of completions; {@code length.cut.off}, the share of completions that the
 * limit on tokens ended; {@code groups}, {@code completions}; {@code beta} and
 * {@code reward.scale}, of which only the ratio counts.
 */
final class BatchMetrics {

    /** So many of a group's members have numbers of their own. */
    private static final int RANKS = 16;

    private final String runId;
    private final long step;
    private final Map<String, Double> metrics = new TreeMap<>();
    private final Map<String, Double> objectiveSums = new TreeMap<>();
    private final Map<String, Double> histogram = new TreeMap<>();
    private int groups;
    private int completions;
    private long tokens;
    private double rewards;
    private double squaredRewards;
    private double withinGroup;
    private double ratios;
    private double smallestRatio = Double.POSITIVE_INFINITY;
    private double largestRatio = Double.NEGATIVE_INFINITY;
    private final DivergenceEstimate divergence = new DivergenceEstimate();
    private double stalenesses;
    private long largestStaleness;
    private int own;
    private int shortest = Integer.MAX_VALUE;
    private int longest;
    private int cutOff;
    private final Map<String, Mean> means = new TreeMap<>();

    private static final class Mean {
        private double sum;
        private int count;

        private void add(double value) {
            sum += value;
            count++;
        }
    }

    /** @param step the step being made */
    BatchMetrics(String runId, long step) {
        this.runId = runId;
        this.step = step;
    }

    void add(TrainingGroup group, List<ScoredCompletion> scored, GroupLoss loss) {
        groups++;
        double mean =
                scored.stream().mapToDouble(ScoredCompletion::reward).average().orElse(0);
        double squares = 0;
        for (int i = 0; i < scored.size(); i++) {
            ScoredCompletion completion = scored.get(i);
            completions++;
            tokens += completion.length();
            shortest = Math.min(shortest, completion.length());
            longest = Math.max(longest, completion.length());
            TrainingMember member = group.members().get(i);
            cutOff += member.cutOff() ? 1 : 0;
            member.scores().forEach((scorer, value) -> mean("score." + scorer).add(value));
            rewards += completion.reward();
            squaredRewards += completion.reward() * completion.reward();
            squares += (completion.reward() - mean) * (completion.reward() - mean);
            double ratio = completion.logRatio();
            ratios += ratio;
            smallestRatio = Math.min(smallestRatio, ratio);
            largestRatio = Math.max(largestRatio, ratio);
            OptionalLong staleness = group.runId().equals(runId)
                    ? OptionalLong.of(Math.max(0, step - 1 - member.policyVersion()))
                    : OptionalLong.empty();
            staleness.ifPresent(this::addStaleness);
            divergence.add(completion, staleness);
        }
        addRanks(scored);
        withinGroup += Math.sqrt(squares / (scored.size() - 1));
        loss.metrics().forEach((name, value) -> objectiveSums.merge(name, value, Double::sum));
    }

    /** Members of equal reward keep their order in the group. */
    private void addRanks(List<ScoredCompletion> scored) {
        List<ScoredCompletion> best = scored.stream()
                .sorted(Comparator.comparingDouble(ScoredCompletion::reward).reversed())
                .limit(RANKS)
                .toList();
        for (int rank = 1; rank <= best.size(); rank++) {
            mean("h.rank." + rank).add(best.get(rank - 1).logRatio());
            mean("length.rank." + rank).add(best.get(rank - 1).length());
        }
    }

    private Mean mean(String name) {
        return means.computeIfAbsent(name, n -> new Mean());
    }

    private void addStaleness(long staleness) {
        own++;
        stalenesses += staleness;
        largestStaleness = Math.max(largestStaleness, staleness);
        histogram.merge("staleness.histogram." + Long.highestOneBit(staleness), 1.0, Double::sum);
    }

    Map<String, Double> finish(double beta, double rewardScale) {
        double mean = rewards / completions;
        metrics.put("reward.mean", mean);
        metrics.put("reward.std", Math.sqrt(Math.max(0, squaredRewards / completions - mean * mean)));
        metrics.put("reward.std.group", withinGroup / groups);
        metrics.put("h.mean", ratios / completions);
        metrics.put("h.min", smallestRatio);
        metrics.put("h.max", largestRatio);
        metrics.put("length.mean", (double) tokens / completions);
        metrics.put("length.min", (double) shortest);
        metrics.put("length.max", (double) longest);
        metrics.put("length.cut.off", (double) cutOff / completions);
        means.forEach((name, value) -> metrics.put(name, value.sum / value.count));
        metrics.put("tokens", (double) tokens);
        metrics.put("groups", (double) groups);
        metrics.put("completions", (double) completions);
        metrics.put("beta", beta);
        metrics.put("reward.scale", rewardScale);
        if (own > 0) {
            metrics.put("staleness.mean", stalenesses / own);
            metrics.put("staleness.max", (double) largestStaleness);
            metrics.putAll(histogram);
        }
        divergence.finish(metrics);
        objectiveSums.forEach((name, sum) -> metrics.put(name, sum / groups));
        return metrics;
    }
}
