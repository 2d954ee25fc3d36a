package io.counterflow.cli.report;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.counterflow.cli.report.RunSummary.Evaluation;
import io.counterflow.cli.report.RunSummary.SamplePair;
import io.counterflow.cli.report.RunSummary.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Renders a {@link RunSummary} as a table for the terminal. Thread-safe. */
public final class TerminalReport {

    private static final int SAMPLES = 6;
    private static final int TEXT_WIDTH = 46;

    private record Row(String what, String before, String after) {}

    /** The report, without a trailing line break. */
    public String render(RunSummary run) {
        StringBuilder out = new StringBuilder();
        List<Row> rows = new ArrayList<>();
        if (!run.evaluations().isEmpty()) {
            Evaluation first = run.evaluations().get(0);
            Evaluation last = run.evaluations().get(run.evaluations().size() - 1);
            rows.add(new Row("policy version", String.valueOf(first.version()), String.valueOf(last.version())));
            rows.add(new Row(
                    "held-out completions", String.valueOf(first.completions()), String.valueOf(last.completions())));
            addRewards(rows, first.rewards(), last.rewards(), run.fullRewardIsMeaningful());
            if (first.scores().size() > 1) {
                first.scores()
                        .forEach((scorer, mean) -> rows.add(new Row(
                                "  mean of " + scorer,
                                number(mean),
                                number(last.scores().getOrDefault(scorer, Double.NaN)))));
            }
            addTexts(rows, first.texts(), last.texts());
            if (first.failures() + last.failures() > 0) {
                rows.add(new Row("  not scored", String.valueOf(first.failures()), String.valueOf(last.failures())));
            }
        }
        if (!run.steps().isEmpty()) {
            List<Step> steps = run.steps();
            rows.add(new Row(
                    "batch reward",
                    number(steps.get(0).reward()),
                    number(steps.get(steps.size() - 1).reward())));
            rows.add(new Row(
                    "KL to reference, nats",
                    number(steps.get(0).kl()),
                    number(steps.get(steps.size() - 1).kl())));
        }
        out.append(AsciiTable.getTable(
                AsciiTable.FANCY_ASCII,
                rows,
                List.of(
                        new Column()
                                .header(run.runId())
                                .dataAlign(HorizontalAlign.LEFT)
                                .with(Row::what),
                        new Column().header("before").with(Row::before),
                        new Column().header("after").with(Row::after))));
        if (!run.samples().isEmpty()) {
            out.append(System.lineSeparator());
            out.append(AsciiTable.getTable(
                    AsciiTable.FANCY_ASCII,
                    run.samples().subList(0, Math.min(SAMPLES, run.samples().size())),
                    List.of(
                            text("held-out prompt").with((SamplePair s) -> s.prompt()),
                            text("before").with((SamplePair s) -> s.before()),
                            new Column().header("").with((SamplePair s) -> number(s.beforeReward())),
                            text("after").with((SamplePair s) -> s.after()),
                            new Column().header("").with((SamplePair s) -> number(s.afterReward())))));
        }
        out.append(System.lineSeparator())
                .append(String.format(
                        Locale.ROOT,
                        "%d steps in %d s, %d completions trained%s%n",
                        run.steps().size(),
                        run.training().toSeconds(),
                        (long) run.steps().stream()
                                .mapToDouble(step -> step.metrics().getOrDefault(MetricNames.COMPLETIONS, 0.0))
                                .sum(),
                        staleness(run)));
        if (!run.setAside().isEmpty()) {
            out.append("set aside  ")
                    .append(run.setAside().entrySet().stream()
                            .map(cause -> cause.getValue() + " groups: " + cause.getKey())
                            .collect(Collectors.joining("; ")))
                    .append(System.lineSeparator());
        }
        out.append("checkpoint ").append(run.checkpoint()).append(System.lineSeparator());
        out.append("weights    sha256 ").append(run.weightsSha256());
        return out.toString();
    }

    private static void addRewards(List<Row> rows, Rewards before, Rewards after, boolean full) {
        if (full) {
            rows.add(new Row("  with full reward", percent(before.full()), percent(after.full())));
        }
        rows.add(new Row("  mean reward", number(before.mean()), number(after.mean())));
        rows.add(new Row("  its deviation", number(before.deviation()), number(after.deviation())));
        if (!full) {
            rows.add(new Row("  10th, 50th, 90th percentile", percentiles(before), percentiles(after)));
        }
    }

    private static String percentiles(Rewards rewards) {
        return number(rewards.low()) + " " + number(rewards.median()) + " " + number(rewards.high());
    }

    private static void addTexts(List<Row> rows, TextMeasures before, TextMeasures after) {
        rows.add(new Row("  KL to the start, nats", number(before.kl()), number(after.kl())));
        rows.add(
                new Row("  ln p a token there", number(before.baseLogLikelihood()), number(after.baseLogLikelihood())));
        rows.add(new Row("  tokens", number(before.meanTokens()), number(after.meanTokens())));
        rows.add(new Row(
                "  distinct words, pairs, triples",
                number(before.distinct1()) + " " + number(before.distinct2()) + " " + number(before.distinct3()),
                number(after.distinct1()) + " " + number(after.distinct2()) + " " + number(after.distinct3())));
    }

    /** Completions of other runs have none. */
    private static String staleness(RunSummary run) {
        long own = run.staleness().values().stream().mapToLong(Long::longValue).sum();
        double sum = run.staleness().entrySet().stream()
                .mapToDouble(e -> (double) e.getKey() * e.getValue())
                .sum();
        return own == 0 ? "" : String.format(Locale.ROOT, ", mean staleness %.2f policy versions", sum / own);
    }

    private static Column text(String header) {
        return new Column().header(header).dataAlign(HorizontalAlign.LEFT).maxWidth(TEXT_WIDTH);
    }

    private static String percent(double share) {
        return Double.isFinite(share) ? String.format(Locale.ROOT, "%.1f %%", 100 * share) : "-";
    }

    private static String number(double value) {
        // Adding zero makes a negative zero positive.
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.2f", Math.round(value * 100) / 100.0 + 0.0) : "-";
    }
}
