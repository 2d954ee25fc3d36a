package io.counterflow.examples.readingease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReadingEaseTest {

    /** The example that is given everywhere: 206.835 - 1.015 * 6 - 84.6 * 1. */
    @Test
    void theCatOnTheMatReadsAtOneHundredAndSixteen() {
        assertThat(ReadingEase.of("The cat sat on the mat.").ease()).isCloseTo(116.145, within(1e-9));
        assertThat(ReadingEase.of("Utility unit? Tasted, washed syllables.")).isEqualTo(new ReadingEase(5, 2, 12));
    }

    @Test
    void easyTextScoresAboveHardTextAndNothingIsRejected() throws Exception {
        try (Scorer scorer = new ReadingEaseFactory().create(new ReadingEaseConfig(null))) {
            var outcomes = scorer.score(List.of(
                    request("We go home. It is late."),
                    request("Institutional interoperability necessitates comprehensive standardisation."),
                    request("... 42")));
            assertThat(value(outcomes.get(0))).isGreaterThan(value(outcomes.get(1)));
            assertThat(outcomes.get(2)).isEqualTo(new Rejected("the completion has no words"));
        }
    }

    @Test
    void settingsThatMakeNoSenseAreRefusedInWords() {
        assertThatThrownBy(() -> new ReadingEaseConfig(500.0)).hasMessageContaining("between 0 and 121");
    }

    private static double value(Object outcome) {
        return ((Scored) outcome).value();
    }

    private static ScoreRequest request(String completion) {
        return new ScoreRequest("c", "p", completion, Map.of());
    }
}
