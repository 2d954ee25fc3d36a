package io.counterflow.cli.report;

import io.counterflow.schemas.GroupMember;
import io.counterflow.trainer.batch.CompletionMask;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What completions are like, whatever their reward: the price at which a reward was bought. Every number is NaN where it is unknown.
 *
 * @param meanTokens mean length in tokens that the policy wrote
 * @param distinct1 distinct words over all words of all completions, in lower case
 * @param distinct2 the same of word pairs (distinct-n: Li et al. 2016, section 4.3)
 * @param distinct3 the same of word triples
 * @param baseLogLikelihood ln p a token under the policy that the run started from, in nats
 * @param kl KL divergence of the policy that sampled from the one that the run started from, in nats a completion: the mean over these completions, its
 *     own samples, of {@link io.counterflow.trainer.step.DivergenceEstimate#ofTokens}; never negative, and without bias where sampling was at temperature 1
 *     and cut nothing off
 */
public record TextMeasures(
        double meanTokens, double distinct1, double distinct2, double distinct3, double baseLogLikelihood, double kl) {

    /** Nothing is known. */
    static TextMeasures unknown() {
        return new TextMeasures(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }

    /** Of the texts alone. */
    static TextMeasures of(List<GroupMember> members) {
        List<String[]> texts = members.stream()
                .map(m -> m.getText().toLowerCase(Locale.ROOT).strip().split("\\s+"))
                .toList();
        return new TextMeasures(
                members.stream()
                        .mapToInt(m -> CompletionMask.of(m.getCompletionMask())
                                .written(m.getTokenIds().size()))
                        .average()
                        .orElse(Double.NaN),
                distinct(texts, 1),
                distinct(texts, 2),
                distinct(texts, 3),
                Double.NaN,
                Double.NaN);
    }

    /** With what the base policy says. */
    TextMeasures withBase(double logLikelihood, double divergence) {
        return new TextMeasures(meanTokens, distinct1, distinct2, distinct3, logLikelihood, divergence);
    }

    private static double distinct(List<String[]> texts, int n) {
        Set<List<String>> seen = new HashSet<>();
        long all = 0;
        for (String[] words : texts) {
            for (int i = 0; i + n <= words.length; i++) {
                seen.add(List.of(words).subList(i, i + n));
                all++;
            }
        }
        return all == 0 ? Double.NaN : (double) seen.size() / all;
    }
}
