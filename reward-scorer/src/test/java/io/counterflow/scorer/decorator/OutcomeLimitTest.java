package io.counterflow.scorer.decorator;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutcomeLimitTest {

    private static int bytes(Map<String, String> details) {
        return details.entrySet().stream()
                .mapToInt(e -> (e.getKey() + e.getValue()).getBytes(StandardCharsets.UTF_8).length)
                .sum();
    }

    @Test
    void whatFitsIsLeftAsItIs() {
        Scored scored = new Scored(0.5, Map.of("a", 1.0), Map.of("why", "x".repeat(OutcomeLimit.DETAILS - 3)));
        assertThat(OutcomeLimit.apply(scored)).isSameAs(scored);
    }

    @Test
    void longDetailsAreCutAtABorderOfCharactersAndShortOnesStayWhole() {
        Scored cut = (Scored) OutcomeLimit.apply(
                new Scored(0.5, Map.of(), Map.of("a", "🙂".repeat(100_000), "b", "é".repeat(300_000), "c", "short")));
        assertThat(cut.value()).isEqualTo(0.5);
        assertThat(cut.details())
                .containsEntry("c", "short")
                .containsEntry(
                        OutcomeLimit.NOTE,
                        "the details had 1000008 bytes under 3 names, more than the 65536 that are kept");
        assertThat(cut.details().get("a")).matches("(🙂)+ \\.\\.\\. \\(cut, it had 400000 bytes\\)");
        assertThat(cut.details().get("b")).matches("é+ \\.\\.\\. \\(cut, it had 600000 bytes\\)");
        assertThat(bytes(cut.details())).isBetween(OutcomeLimit.DETAILS / 4, OutcomeLimit.DETAILS);
    }

    @Test
    void tooManyDetailsAndTooLongNamesAreLeftOutAndCounted() {
        Map<String, String> details = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            details.put("n" + i, "value");
        }
        details.put("n".repeat(1 << 20), "value");
        Scored cut = (Scored) OutcomeLimit.apply(new Scored(1, Map.of(), details));
        assertThat(cut.details().get(OutcomeLimit.NOTE)).endsWith("; 99901 of them are left out");
        assertThat(bytes(cut.details())).isLessThan(OutcomeLimit.DETAILS);
    }

    @Test
    void longCausesAreCutAndComponentsWithoutEndFail() {
        assertThat(((Failed) OutcomeLimit.apply(new Failed("x".repeat(9_000_000)))).cause())
                .hasSize(OutcomeLimit.CAUSE + " ... (cut, it had 9000000 bytes)".length());
        Map<String, Double> components = new HashMap<>();
        for (int i = 0; i <= OutcomeLimit.COMPONENTS; i++) {
            components.put("c" + i, 1.0);
        }
        assertThat(OutcomeLimit.apply(new Scored(1, components, Map.of())))
                .isEqualTo(new Failed("the score has 1001 components, more than 1000"));
        assertThat(OutcomeLimit.apply(new Scored(1, Map.of("c".repeat(300), 1.0), Map.of())))
                .isInstanceOf(Failed.class);
    }

    @Test
    void everyOutcomeOfACheckedScorerIsWithinTheLimit() throws Exception {
        ScoreOutcome large = new Scored(1, Map.of(), Map.of("why", "x".repeat(9_000_000)));
        assertThat(CheckedScorer.wrap(batch -> java.util.List.of(large))
                        .score(java.util.List.of(new io.counterflow.scorer.api.ScoreRequest("c", "p", "x", Map.of())))
                        .get(0))
                .isInstanceOfSatisfying(
                        Scored.class, s -> assertThat(bytes(s.details())).isLessThan(OutcomeLimit.DETAILS));
    }
}
