package io.counterflow.scorer.text;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.util.List;
import java.util.Map;

/**
 * {@code rouge}: overlap with a reference (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"), without stemming;
 * the score is the F1 of precision and recall.
 */
public final class RougeScorerFactory implements ScorerFactory<RougeScorerFactory.Config> {

    /** What overlaps. */
    public enum Variant {
        /** Words. */
        ROUGE1,
        /** Pairs of words. */
        ROUGE2,
        /** The longest common subsequence of words. */
        ROUGEL
    }

    /**
     * Configuration.
     *
     * @param variant what overlaps
     * @param reference name of the prompt's metadata that holds the reference
     */
    public record Config(
            @JsonPropertyDescription("Rouge1, rouge2 or rougeL. Default: rougeL.")
            Variant variant,

            @JsonPropertyDescription("Metadata that holds the reference. Default: reference.")
            String reference) {
        /** Fills in defaults. */
        public Config {
            variant = requireNonNullElse(variant, Variant.ROUGEL);
            reference = requireNonNullElse(reference, "reference");
        }
    }

    /** For the service loader. */
    public RougeScorerFactory() {}

    @Override
    public String name() {
        return "rouge";
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public Scorer create(Config config) {
        return new EachScorer(request -> {
            String reference = request.metadata().get(config.reference);
            if (reference == null) {
                return new Rejected("the prompt's metadata has no '" + config.reference + "'");
            }
            return score(config.variant, Words.of(request.completion()), Words.of(reference));
        });
    }

    private static ScoreOutcome score(Variant variant, List<String> candidate, List<String> reference) {
        int n = variant == Variant.ROUGE2 ? 2 : 1;
        double overlap = variant == Variant.ROUGEL
                ? longestCommonSubsequence(candidate, reference)
                : common(Words.nGrams(candidate, n), Words.nGrams(reference, n));
        double precision = ratio(overlap, candidate.size() - n + 1);
        double recall = ratio(overlap, reference.size() - n + 1);
        double f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
        return ScoreOutcome.of(f1, Map.of("precision", precision, "recall", recall), Map.of());
    }

    private static double ratio(double part, int whole) {
        return whole <= 0 ? 0 : part / whole;
    }

    private static int common(Map<List<String>, Integer> a, Map<List<String>, Integer> b) {
        return a.entrySet().stream()
                .mapToInt(e -> Math.min(e.getValue(), b.getOrDefault(e.getKey(), 0)))
                .sum();
    }

    private static int longestCommonSubsequence(List<String> a, List<String> b) {
        int[] above = new int[b.size() + 1];
        for (String word : a) {
            int[] row = new int[b.size() + 1];
            for (int j = 1; j <= b.size(); j++) {
                row[j] = word.equals(b.get(j - 1)) ? above[j - 1] + 1 : Math.max(above[j], row[j - 1]);
            }
            above = row;
        }
        return above[b.size()];
    }
}
