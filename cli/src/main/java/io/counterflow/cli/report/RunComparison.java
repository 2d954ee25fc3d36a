package io.counterflow.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.counterflow.cli.report.RunSummary.Evaluation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Several runs side by side, as they were evaluated on held-out prompts at the beginning and at the end. */
public final class RunComparison {

    private final List<RunSummary> runs;
    private final List<Row> rows = new ArrayList<>();
    private final SortedSet<String> scorers = new TreeSet<>();

    /**
     * One policy.
     *
     * @param run name of the run
     * @param objective its loss
     * @param beta weight of the KL divergence; NaN where it is unknown
     * @param version optimizer steps
     */
    record Row(
            String run,
            String objective,
            double beta,
            long version,
            double reward,
            double deviation,
            SortedMap<String, Double> scores,
            TextMeasures texts) {}

    /** @param runs at least one; where the first begins is the row that the others are compared with */
    public RunComparison(List<RunSummary> runs) {
        if (runs.isEmpty()) {
            throw new IllegalArgumentException("there is no run to compare");
        }
        this.runs = List.copyOf(runs);
        runs.stream()
                .filter(r -> !r.evaluations().isEmpty())
                .findFirst()
                .ifPresent(r -> add("start", "", Double.NaN, r.evaluations().get(0)));
        for (RunSummary run : runs) {
            JsonNode objective = objective(run.configuration());
            String name = objective.path("name").asText("");
            double beta = objective.path("beta").asDouble(Double.NaN);
            if (run.evaluations().isEmpty()) {
                rows.add(new Row(
                        run.runId(),
                        name,
                        beta,
                        run.steps().size(),
                        Double.NaN,
                        Double.NaN,
                        new TreeMap<>(),
                        TextMeasures.unknown()));
            } else {
                Evaluation last = run.evaluations().get(run.evaluations().size() - 1);
                add(run.runId(), name, beta, last);
            }
        }
    }

    private void add(String run, String objective, double beta, Evaluation evaluation) {
        scorers.addAll(evaluation.scores().keySet());
        rows.add(new Row(
                run,
                objective,
                beta,
                evaluation.version(),
                evaluation.rewards().mean(),
                evaluation.rewards().deviation(),
                evaluation.scores(),
                evaluation.texts()));
    }

    private static JsonNode objective(String configuration) {
        try {
            return new ObjectMapper().readTree(configuration).path("objective");
        } catch (JsonProcessingException e) {
            return new ObjectMapper().createObjectNode();
        }
    }

    /** The runs, for the page. */
    List<RunSummary> runs() {
        return runs;
    }

    List<Row> rows() {
        return rows;
    }

    /** The table, for a terminal. */
    public String table() {
        List<com.github.freva.asciitable.ColumnData<Row>> data = new ArrayList<>();
        data.add(left("run").with(Row::run));
        data.add(left("objective").with(Row::objective));
        data.add(new Column().header("beta").with((Row r) -> number(r.beta(), "%.3g")));
        data.add(new Column().header("steps").with((Row r) -> String.valueOf(r.version())));
        data.add(new Column().header("reward").with((Row r) -> number(r.reward(), "%.3f")));
        data.add(new Column().header("deviation").with((Row r) -> number(r.deviation(), "%.3f")));
        if (scorers.size() > 1) {
            for (String scorer : scorers) {
                data.add(new Column()
                        .header(scorer)
                        .with((Row r) -> number(r.scores().getOrDefault(scorer, Double.NaN), "%.3f")));
            }
        }
        data.add(new Column().header("KL").with((Row r) -> number(r.texts().kl(), "%.2f")));
        data.add(new Column()
                .header("ln p/token")
                .with((Row r) -> number(r.texts().baseLogLikelihood(), "%.3f")));
        data.add(new Column().header("tokens").with((Row r) -> number(r.texts().meanTokens(), "%.1f")));
        data.add(new Column()
                .header("distinct-2")
                .with((Row r) -> number(r.texts().distinct2(), "%.3f")));
        return AsciiTable.getTable(AsciiTable.FANCY_ASCII, rows, data)
                + System.lineSeparator()
                + "held-out prompts; KL in nats a completion and ln p a token under the policy that each run started from";
    }

    private static Column left(String header) {
        return new Column().header(header).dataAlign(HorizontalAlign.LEFT);
    }

    private static String number(double value, String format) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "-";
    }
}
