package io.counterflow.scorer.training;

import io.counterflow.scorer.evaluation.ClassificationReport;
import io.counterflow.scorer.evaluation.PreferenceReport;
import io.counterflow.scorer.evaluation.Report;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A model card in Markdown, with the header that the Hugging Face hub reads. */
final class ModelCard {

    private ModelCard() {}

    static String of(ScorerTask<?> task, Map<String, ?> plan, TrainingResult result) {
        StringBuilder card = new StringBuilder();
        card.append("---\nlibrary_name: transformers\npipeline_tag: text-classification\n---\n\n");
        card.append("# ").append(task.scorer()).append(" scorer\n\n");
        card.append("Trained with `counterflow train-scorer ")
                .append(task.scorer())
                .append("`. ");
        card.append("Labels, in order of their ids: ")
                .append(String.join(", ", task.labels()))
                .append(".\n\n");
        card.append("    counterflow score --scorer ")
                .append(task.scorer())
                .append(" --setting model=THIS_FOLDER --input in.jsonl --output out.jsonl\n\n");
        card.append("## Made of\n\n| | |\n|---|---|\n");
        plan.forEach((name, value) -> row(card, name, value));
        row(card, "SHA-256 of the weights", result.weightsSha256());
        card.append(
                "\n## Epochs\n\n| epoch | training loss | held-out loss | held-out accuracy |\n|---|---|---|---|\n");
        for (EpochSummary epoch : result.epochs()) {
            card.append(String.format(
                    Locale.ROOT,
                    "| %d%s | %.4f | %s | %s |\n",
                    epoch.epoch(),
                    epoch.epoch() == result.best().epoch() ? " (kept)" : "",
                    epoch.trainingLoss(),
                    epoch.heldOutLoss() == null ? "" : String.format(Locale.ROOT, "%.4f", epoch.heldOutLoss()),
                    epoch.heldOutAccuracy() == null ? "" : percent(epoch.heldOutAccuracy())));
        }
        result.report().ifPresent(report -> heldOut(card, report));
        return card.toString();
    }

    private static void heldOut(StringBuilder card, Report report) {
        card.append("\n## On held-out examples\n\n| | |\n|---|---|\n");
        row(card, "examples", report.examples());
        row(card, "accuracy", percent(report.accuracy()));
        row(card, "expected calibration error", percent(report.calibration().expectedError()));
        if (report instanceof PreferenceReport preference) {
            row(card, "accuracy of preferring the longer one", percent(preference.longerWins()));
        } else if (report instanceof ClassificationReport classification) {
            confusion(card, classification);
        }
    }

    private static void confusion(StringBuilder card, ClassificationReport report) {
        card.append("\n| true \\ predicted | ")
                .append(String.join(" | ", report.labels()))
                .append(" |\n|---")
                .append("|---".repeat(report.labels().size()))
                .append("|\n");
        for (int k = 0; k < report.labels().size(); k++) {
            List<String> counts =
                    report.confusion().get(k).stream().map(String::valueOf).toList();
            card.append("| ")
                    .append(report.labels().get(k))
                    .append(" | ")
                    .append(String.join(" | ", counts))
                    .append(" |\n");
        }
    }

    private static void row(StringBuilder card, String name, Object value) {
        card.append("| ").append(name).append(" | ").append(value).append(" |\n");
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
