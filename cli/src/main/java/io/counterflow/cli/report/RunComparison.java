package io.counterflow.cli.report;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.counterflow.cli.report.RunSummary.Evaluation;
import io.counterflow.log.ledger.RunSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Several runs side by side, as they were evaluated on held-out prompts at the beginning and at the end. */
public final class RunComparison {

    private static final String START = "start";
    private static final String END = "end";
    private static final String NOT_EVALUATED = "not evaluated";

    private final List<RunSummary> runs;
    private final List<Row> rows = new ArrayList<>();
    private final SortedSet<String> scorers = new TreeSet<>();

    /**
     * One policy.
     *
     * @param run name of the run
     * @param at {@code start} or {@code end} of the run
     * @param objective its loss
     * @param beta weight of the KL divergence
     * @param recipe what rewarded the evaluation
     * @param version optimizer steps; -1 where there was no such evaluation
     * @param steps how many the run has made
     * @param change against the run's own start; none where one of the two was not evaluated
     */
    record Row(
            String run,
            String at,
            String objective,
            double beta,
            String recipe,
            long version,
            long steps,
            HeldOutPrompts prompts,
            double reward,
            double deviation,
            String change,
            SortedMap<String, Double> scores,
            TextMeasures texts) {

        boolean evaluated() {
            return version >= 0;
        }

        /** In words; a run that went on after its last evaluation says so. */
        String versionShown() {
            return !evaluated()
                    ? NOT_EVALUATED
                    : at.equals(END) && version < steps ? version + " of " + steps : String.valueOf(version);
        }
    }

    /**
     * @param runs at least one; each is compared with its own beginning
     * @throws io.counterflow.log.ledger.LedgerException where the settings of one cannot be read
     */
    public RunComparison(List<RunSummary> runs) {
        if (runs.isEmpty()) {
            throw new IllegalArgumentException("there is no run to compare");
        }
        this.runs = List.copyOf(runs);
        for (RunSummary run : runs) {
            RunSettings settings = RunSettings.parse(run.runId(), run.configuration());
            boolean both = run.start().isPresent() && run.newest().isPresent();
            rows.add(row(run, START, settings, run.start(), ""));
            rows.add(row(run, END, settings, run.newest(), both ? run.paired().change() : "-"));
        }
    }

    private Row row(RunSummary run, String at, RunSettings settings, Optional<Evaluation> of, String change) {
        of.ifPresent(evaluation -> scorers.addAll(evaluation.scores().keySet()));
        return new Row(
                run.runId(),
                at,
                settings.objective(),
                settings.beta(),
                run.recipe(),
                of.map(Evaluation::version).orElse(-1L),
                run.version(),
                of.map(Evaluation::prompts).orElse(HeldOutPrompts.NONE),
                of.map(e -> e.rewards().mean()).orElse(Double.NaN),
                of.map(e -> e.rewards().deviation()).orElse(Double.NaN),
                change,
                of.map(Evaluation::scores).orElseGet(TreeMap::new),
                of.map(Evaluation::texts).orElseGet(TextMeasures::unknown));
    }

    /** The runs, for the page. */
    List<RunSummary> runs() {
        return runs;
    }

    List<Row> rows() {
        return rows;
    }

    /** Recipes that rewarded the evaluations; more than one where rewards cannot be compared. */
    SortedSet<String> recipes() {
        return runs.stream()
                .map(RunSummary::recipe)
                .filter(recipe -> !recipe.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What has to be known to read the table. */
    List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (recipes().size() > 1) {
            remarks.add("rewards are those of " + recipes().size() + " recipes (" + String.join(", ", recipes())
                    + "), on scales of their own: compare those of one recipe only");
        }
        for (RunSummary run : runs) {
            run.setAside()
                    .forEach((cause, groups) -> remarks.add(run.runId() + ": " + groups
                            + (groups == 1 ? " group" : " groups") + " set aside in training: " + cause));
            run.unusedShown().ifPresent(unused -> remarks.add(run.runId() + ": " + unused));
            run.otherRecipes()
                    .forEach((recipe, groups) -> remarks.add(run.runId() + ": " + groups
                            + " held-out groups rewarded by recipe " + recipe + " are left out"));
        }
        return remarks;
    }

    /** The table, for a terminal. */
    public String table() {
        List<com.github.freva.asciitable.ColumnData<Row>> data = new ArrayList<>();
        data.add(left("run").with(Row::run));
        data.add(left("objective").with(Row::objective));
        data.add(new Column().header("beta").with((Row r) -> Figures.significant(r.beta(), 3)));
        if (recipes().size() > 1) {
            data.add(left("recipe").with(Row::recipe));
        }
        data.add(left("at").with(Row::at));
        data.add(new Column().header("version").with(Row::versionShown));
        data.add(left("prompts").with((Row r) -> r.evaluated() ? r.prompts().shown() : "-"));
        data.add(new Column().header("reward").with((Row r) -> Figures.number(r.reward(), 3)));
        data.add(new Column().header("deviation").with((Row r) -> Figures.number(r.deviation(), 3)));
        data.add(new Column().header("change").with(Row::change));
        if (scorers.size() > 1) {
            for (String scorer : scorers) {
                data.add(new Column()
                        .header(scorer)
                        .with((Row r) -> Figures.number(r.scores().getOrDefault(scorer, Double.NaN), 3)));
            }
        }
        data.add(new Column()
                .header("KL")
                .with((Row r) -> Figures.number(r.texts().kl(), 2)));
        data.add(new Column()
                .header("ln p/token")
                .with((Row r) -> Figures.number(r.texts().baseLogLikelihood(), 3)));
        data.add(new Column()
                .header("tokens")
                .with((Row r) -> Figures.number(r.texts().meanTokens(), 1)));
        data.add(new Column()
                .header("distinct-2")
                .with((Row r) -> Figures.number(r.texts().distinct2(), 3)));
        StringBuilder table = new StringBuilder(AsciiTable.getTable(AsciiTable.FANCY_ASCII, rows, data));
        table.append(System.lineSeparator())
                .append(
                        "held-out prompts; change: mean over the prompts that start and end both have, ± standard error;")
                .append(System.lineSeparator())
                .append("KL in nats a completion and ln p a token under the policy that each run started from");
        remarks().forEach(remark -> table.append(System.lineSeparator()).append(remark));
        return table.toString();
    }

    private static Column left(String header) {
        return new Column().header(header).dataAlign(HorizontalAlign.LEFT);
    }
}
