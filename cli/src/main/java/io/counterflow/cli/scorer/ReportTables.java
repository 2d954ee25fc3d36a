package io.counterflow.cli.scorer;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import io.counterflow.scorer.evaluation.Calibration;
import io.counterflow.scorer.evaluation.ClassificationReport;
import io.counterflow.scorer.evaluation.PreferenceReport;
import io.counterflow.scorer.evaluation.Report;
import io.counterflow.scorer.training.EpochSummary;
import io.counterflow.scorer.training.TrainingResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Evaluations as tables for the terminal, without a trailing line break. */
final class ReportTables {

    private ReportTables() {}

    static String epochs(TrainingResult result) {
        List<List<String>> rows = new ArrayList<>();
        for (EpochSummary epoch : result.epochs()) {
            rows.add(List.of(
                    epoch.epoch() + (epoch.epoch() == result.best().epoch() ? " (kept)" : ""),
                    number(epoch.trainingLoss()),
                    epoch.heldOutLoss() == null ? "-" : number(epoch.heldOutLoss()),
                    epoch.heldOutAccuracy() == null ? "-" : percent(epoch.heldOutAccuracy()),
                    String.format(Locale.ROOT, "%.0f", epoch.seconds())));
        }
        return table(List.of("epoch", "training loss", "held-out loss", "held-out accuracy", "seconds"), rows);
    }

    static String of(String title, Report report) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("examples", Integer.toString(report.examples())));
        rows.add(List.of("accuracy", percent(report.accuracy())));
        rows.add(List.of("loss, nats", number(report.loss())));
        if (report instanceof ClassificationReport classification) {
            rows.add(List.of("Brier score", number(classification.brier())));
        }
        if (report instanceof PreferenceReport preference) {
            rows.add(List.of("mean margin", number(preference.meanMargin())));
            rows.add(List.of("accuracy of preferring the longer one", percent(preference.longerWins())));
        }
        rows.add(List.of(
                "expected calibration error", percent(report.calibration().expectedError())));
        String text = table(List.of(title, ""), rows) + System.lineSeparator() + calibration(report.calibration());
        return report instanceof ClassificationReport classification
                ? text + System.lineSeparator() + confusion(classification)
                : text;
    }

    private static String calibration(Calibration calibration) {
        List<List<String>> rows = new ArrayList<>();
        for (Calibration.Bin bin : calibration.bins()) {
            rows.add(List.of(
                    String.format(Locale.ROOT, "%.1f to %.1f", bin.from(), bin.to()),
                    Integer.toString(bin.size()),
                    percent(bin.confidence()),
                    percent(bin.accuracy())));
        }
        return table(List.of("confidence", "examples", "mean confidence", "accuracy"), rows);
    }

    private static String confusion(ClassificationReport report) {
        List<String> header = new ArrayList<>(List.of("true \\ predicted"));
        header.addAll(report.labels());
        header.add("recall");
        List<List<String>> rows = new ArrayList<>();
        for (int k = 0; k < report.labels().size(); k++) {
            List<Integer> counts = report.confusion().get(k);
            int all = counts.stream().mapToInt(Integer::intValue).sum();
            List<String> row = new ArrayList<>(List.of(report.labels().get(k)));
            counts.forEach(count -> row.add(count.toString()));
            row.add(all == 0 ? "-" : percent((double) counts.get(k) / all));
            rows.add(row);
        }
        return table(header, rows);
    }

    private static String table(List<String> header, List<List<String>> rows) {
        List<ColumnData<List<String>>> columns = new ArrayList<>();
        for (int k = 0; k < header.size(); k++) {
            int place = k;
            columns.add(new Column()
                    .header(header.get(k))
                    .dataAlign(k == 0 ? HorizontalAlign.LEFT : HorizontalAlign.RIGHT)
                    .maxWidth(60)
                    .with(row -> row.get(place)));
        }
        return AsciiTable.getTable(AsciiTable.FANCY_ASCII, rows, columns);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
