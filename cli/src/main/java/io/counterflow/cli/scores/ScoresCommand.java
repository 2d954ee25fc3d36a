package io.counterflow.cli.scores;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.cli.report.Figures;
import io.counterflow.log.Log;
import io.counterflow.schemas.Outcome;
import io.counterflow.scorer.ScorerId;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterflow scores}. */
@Command(
        name = "scores",
        description =
                "Shows what scorers have said: every version with its outcomes and times, or two versions compared.",
        mixinStandardHelpOptions = true)
public final class ScoresCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private LogOptions logOptions;

    @Option(names = "--run", paramLabel = "ID", description = "Only completions of this run (default: of all).")
    private String runId;

    @Option(
            names = "--compare",
            arity = "2",
            paramLabel = "NAME@VERSION",
            description = "Compare these two on the completions that both have scored, e.g. --compare judge@1 judge@2.")
    private List<String> compared = List.of();

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "With --compare: write a scatter plot, as .html, .svg or .png.")
    private Path output;

    @Override
    public Integer call() throws IOException {
        if (compared.size() != 0 && compared.size() != 2) {
            throw new ParameterException(spec.commandLine(), "--compare takes two scorers, once");
        }
        if (output != null && compared.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--output belongs to --compare");
        }
        try (LogAccess access = logOptions.open()) {
            access.log().createTopics();
            PrintWriter out = spec.commandLine().getOut();
            if (compared.isEmpty()) {
                list(access.log(), out);
            } else {
                compare(access.log(), out);
            }
            out.flush();
            return 0;
        }
    }

    private void list(Log log, PrintWriter out) {
        Collection<ScorerSummary> summaries = new ScoreReader(log, runId).summaries();
        if (summaries.isEmpty()) {
            out.println("no scores" + (runId == null ? "" : " of run " + runId) + " in the log");
            return;
        }
        out.println(AsciiTable.getTable(
                AsciiTable.FANCY_ASCII,
                List.copyOf(summaries),
                List.of(
                        new Column()
                                .header("scorer")
                                .dataAlign(HorizontalAlign.LEFT)
                                .with((ScorerSummary s) -> s.scorer().toString()),
                        new Column().header("scored").with((ScorerSummary s) -> count(s, Outcome.SCORED)),
                        new Column().header("failed").with((ScorerSummary s) -> count(s, Outcome.FAILED)),
                        new Column().header("timed out").with((ScorerSummary s) -> count(s, Outcome.TIMED_OUT)),
                        new Column().header("rejected").with((ScorerSummary s) -> count(s, Outcome.REJECTED)),
                        new Column().header("mean").with((ScorerSummary s) -> number(s.mean())),
                        new Column().header("std").with((ScorerSummary s) -> number(s.deviation())),
                        new Column().header("min").with((ScorerSummary s) -> number(s.least())),
                        new Column().header("max").with((ScorerSummary s) -> number(s.greatest())),
                        new Column().header("p50 ms").with((ScorerSummary s) -> number(s.milliseconds(50))),
                        new Column().header("p95 ms").with((ScorerSummary s) -> number(s.milliseconds(95))),
                        new Column().header("p99 ms").with((ScorerSummary s) -> number(s.milliseconds(99))))));
    }

    private void compare(Log log, PrintWriter out) throws IOException {
        ScoreComparison comparison =
                new ScoreReader(log, runId).compare(ScorerId.parse(compared.get(0)), ScorerId.parse(compared.get(1)));
        String facts = facts(comparison);
        out.print(facts);
        if (output != null) {
            new ScatterPlot(comparison, facts).write(output);
            out.println("scatter plot         " + output);
        }
    }

    private static String facts(ScoreComparison comparison) {
        ScoreComparison.Preferences pairs = comparison.preferences();
        return String.join(
                        "\n",
                        "scored by both       " + comparison.values().size(),
                        "only by " + comparison.first() + ": " + comparison.onlyFirst() + ", only by "
                                + comparison.second() + ": " + comparison.onlySecond(),
                        "Spearman             " + number(comparison.spearman()),
                        "Kendall tau-b        " + number(comparison.kendall()),
                        "Pearson              " + number(comparison.pearson()),
                        "equal values         " + percent(comparison.equal()),
                        "mean difference      " + number(comparison.meanDifference()) + " (" + comparison.second()
                                + " - " + comparison.first() + ")",
                        "pairs in a group     " + pairs.same() + " preferred alike, " + pairs.opposite()
                                + " the other way round, " + pairs.oneTie() + " equal to one scorer, "
                                + pairs.bothTie() + " to both",
                        "agreement            " + percent(pairs.agreement())
                                + " of the pairs on which both have a preference")
                + "\n";
    }

    private static String count(ScorerSummary summary, Outcome outcome) {
        return String.valueOf(summary.count(outcome));
    }

    private static String percent(double share) {
        return Figures.percent(share);
    }

    private static String number(double value) {
        return Figures.significant(value, 4);
    }
}
