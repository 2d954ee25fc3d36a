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
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Renders a {@link RunSummary} as a table for the terminal. Thread-safe. */
public final class TerminalReport {

    private static final String NOT_EVALUATED = "not evaluated";
    private static final int SAMPLES = 6;
    private static final int TEXT_WIDTH = 46;

    private record Row(String what, String before, String after) {}

    /** The report, without a trailing line break. */
    public String render(RunSummary run) {
        StringBuilder out = new StringBuilder();
        List<Row> rows = new ArrayList<>();
        addEvaluations(rows, run);
        addSteps(rows, run.steps());
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
                            text("by version " + run.paired().from()).with((SamplePair s) -> s.before()),
                            new Column().header("").with((SamplePair s) -> number(s.beforeReward())),
                            text("by version " + run.paired().to()).with((SamplePair s) -> s.after()),
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
        remarks(run).forEach(remark -> out.append(remark).append(System.lineSeparator()));
        if (!run.setAside().isEmpty()) {
            out.append("set aside  ")
                    .append(run.setAside().entrySet().stream()
                            .map(cause -> cause.getValue() + " groups: " + cause.getKey())
                            .collect(Collectors.joining("; ")))
                    .append(System.lineSeparator());
        }
        run.unusedShown()
                .ifPresent(unused -> out.append("not used   ").append(unused).append(System.lineSeparator()));
        out.append("checkpoint ").append(run.checkpoint()).append(System.lineSeparator());
        run.unsaved()
                .ifPresent(unsaved -> out.append("           ").append(unsaved).append(System.lineSeparator()));
        out.append("weights    sha256 ").append(run.weightsSha256());
        return out.toString();
    }

    /** An evaluation that there is not says so, and no other stands in for it. */
    private static void addEvaluations(List<Row> rows, RunSummary run) {
        List<Evaluation> all = run.evaluations();
        if (all.isEmpty()) {
            rows.add(new Row("held-out prompts", NOT_EVALUATED, NOT_EVALUATED));
            return;
        }
        Evaluation newest = all.get(all.size() - 1);
        Optional<Evaluation> first =
                all.size() == 1 && newest.version() > 0 ? Optional.empty() : Optional.of(all.get(0));
        Optional<Evaluation> last = newest.version() == 0 ? Optional.empty() : Optional.of(newest);
        Sides sides = new Sides(rows, first, last);
        sides.add("policy version, held-out prompts", NOT_EVALUATED, e -> String.valueOf(e.version()));
        sides.add("prompts scored", e -> e.prompts().shown());
        sides.add(
                "completions scored",
                e -> e.completions() + (e.failures() == 0 ? "" : ", " + e.failures() + " not scored"));
        boolean full = run.fullRewardIsMeaningful();
        if (full) {
            sides.add("  with full reward", e -> Figures.percent(e.rewards().full()));
        }
        sides.add("  mean reward", e -> number(e.rewards().mean()));
        sides.add("  its deviation", e -> number(e.rewards().deviation()));
        if (!full) {
            sides.add("  10th, 50th, 90th percentile", e -> percentiles(e.rewards()));
        }
        SortedSet<String> scorers = new TreeSet<>();
        all.forEach(e -> scorers.addAll(e.scores().keySet()));
        if (scorers.size() > 1) {
            scorers.forEach(scorer ->
                    sides.add("  mean of " + scorer, e -> number(e.scores().getOrDefault(scorer, Double.NaN))));
        }
        sides.add("  KL to the start, nats", e -> number(e.texts().kl()));
        sides.add("  ln p a token there", e -> number(e.texts().baseLogLikelihood()));
        sides.add("  tokens", e -> number(e.texts().meanTokens()));
        sides.add(
                "  distinct words, pairs, triples",
                e -> number(e.texts().distinct1()) + " " + number(e.texts().distinct2()) + " "
                        + number(e.texts().distinct3()));
        PairedRewards paired = run.paired();
        if (paired.prompts() > 0) {
            rows.add(new Row(
                    "  mean reward of the " + paired.prompts() + " prompts of both",
                    number(paired.before()),
                    number(paired.after())));
            rows.add(new Row("  its change, standard error", "", paired.change()));
        }
    }

    /** The rows of two evaluations, of which one may not be there. */
    private record Sides(List<Row> rows, Optional<Evaluation> first, Optional<Evaluation> last) {

        void add(String what, Function<Evaluation, String> value) {
            add(what, "-", value);
        }

        void add(String what, String absent, Function<Evaluation, String> value) {
            rows.add(new Row(
                    what, first.map(value).orElse(absent), last.map(value).orElse(absent)));
        }
    }

    private static void addSteps(List<Row> rows, List<Step> steps) {
        if (steps.isEmpty()) {
            return;
        }
        Step first = steps.get(0);
        Step last = steps.get(steps.size() - 1);
        boolean one = steps.size() == 1;
        rows.add(new Row(
                "optimizer step, its batch", one ? "-" : String.valueOf(first.step()), String.valueOf(last.step())));
        rows.add(new Row("  mean reward of the batch", one ? "-" : number(first.reward()), number(last.reward())));
        rows.add(new Row("  KL to the reference, nats", one ? "-" : number(first.kl()), number(last.kl())));
        rows.add(
                new Row("  mean log-ratio to it, nats", one ? "-" : number(first.logRatio()), number(last.logRatio())));
    }

    private static List<String> remarks(RunSummary run) {
        List<String> remarks = new ArrayList<>(run.unevaluated());
        if (!run.otherRecipes().isEmpty()) {
            remarks.add("held-out rewards are those of recipe " + run.recipe() + "; left out, as on other scales: "
                    + counts(run.otherRecipes()));
        }
        if (run.trainedOn().size() > 1) {
            remarks.add("learned from groups of several recipes: " + counts(run.trainedOn()));
        }
        if (!run.steps().isEmpty() && run.steps().stream().allMatch(step -> Double.isNaN(step.kl()))) {
            remarks.add(
                    "the KL divergence of batches was not measured when this run was recorded; its mean log-ratio was");
        }
        return remarks;
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getKey() + " (" + count.getValue() + " groups)")
                .collect(Collectors.joining(", "));
    }

    private static String percentiles(Rewards rewards) {
        return number(rewards.low()) + " " + number(rewards.median()) + " " + number(rewards.high());
    }

    /** Completions of other runs have none. */
    private static String staleness(RunSummary run) {
        long own = run.staleness().values().stream().mapToLong(Long::longValue).sum();
        double sum = run.staleness().entrySet().stream()
                .mapToDouble(e -> (double) e.getKey() * e.getValue())
                .sum();
        return own == 0 ? "" : ", mean staleness " + number(sum / own) + " policy versions";
    }

    private static Column text(String header) {
        return new Column().header(header).dataAlign(HorizontalAlign.LEFT).maxWidth(TEXT_WIDTH);
    }

    private static String number(double value) {
        return Figures.number(value, 2);
    }
}
