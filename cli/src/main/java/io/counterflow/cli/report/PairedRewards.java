package io.counterflow.cli.report;

import java.util.List;
import java.util.Map;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * The rewards of two evaluations on the prompts that both have: what fails differently before and after would otherwise look
 * like what was learned. Every number is NaN where there is no such prompt.
 *
 * @param from version of the earlier
 * @param to version of the later
 * @param prompts how many both have
 * @param before mean over these prompts of the mean reward of a prompt's completions, in the earlier
 * @param after the same in the later
 * @param standardError of the difference of the two, over prompts; NaN below two prompts
 */
public record PairedRewards(long from, long to, long prompts, double before, double after, double standardError) {

    /** Nothing to compare. */
    static final PairedRewards NONE = new PairedRewards(-1, -1, 0, Double.NaN, Double.NaN, Double.NaN);

    /** The first and the last of these; none where there are fewer than two. */
    static PairedRewards of(List<RunSummary.Evaluation> evaluations) {
        return evaluations.size() < 2 ? NONE : of(evaluations.get(0), evaluations.get(evaluations.size() - 1));
    }

    private static PairedRewards of(RunSummary.Evaluation first, RunSummary.Evaluation last) {
        SummaryStatistics before = new SummaryStatistics();
        SummaryStatistics after = new SummaryStatistics();
        SummaryStatistics change = new SummaryStatistics();
        for (Map.Entry<String, Double> prompt : first.rewardByPrompt().entrySet()) {
            Double later = last.rewardByPrompt().get(prompt.getKey());
            if (later != null) {
                before.addValue(prompt.getValue());
                after.addValue(later);
                change.addValue(later - prompt.getValue());
            }
        }
        long prompts = change.getN();
        return new PairedRewards(
                first.version(),
                last.version(),
                prompts,
                before.getMean(),
                after.getMean(),
                prompts < 2 ? Double.NaN : change.getStandardDeviation() / Math.sqrt(prompts));
    }

    /** How much it rose, with its standard error. */
    String change() {
        String rise = Figures.number(after - before, 3);
        return prompts == 0
                ? "-"
                : (rise.startsWith("-") ? "" : "+")
                        + rise
                        + (Double.isNaN(standardError) ? "" : " ± " + Figures.number(standardError, 3));
    }
}
