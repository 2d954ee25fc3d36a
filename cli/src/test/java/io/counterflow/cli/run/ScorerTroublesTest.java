package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.ScoreOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScorerTroublesTest {

    private final List<String> remarks = new ArrayList<>();
    private final ScorerTroubles troubles = new ScorerTroubles(remarks::add);
    private final ScorerId tests = new ScorerId("unit-tests", "1");

    private void fails(int times) {
        troubles.called(
                tests,
                Duration.ofMillis(1),
                Collections.nCopies(times, new ScoreOutcome.Failed("the worker ended at its start")));
    }

    @Test
    void aFewFailuresAreNotWorthALine() {
        fails(9);

        assertThat(remarks).isEmpty();
    }

    @Test
    void aScorerThatKeepsFailingIsNamedWithItsLastCause() {
        troubles.called(tests, Duration.ZERO, List.of(new ScoreOutcome.Scored(1, Map.of(), Map.of())));
        fails(10);

        assertThat(remarks)
                .singleElement()
                .asString()
                .startsWith("scorer unit-tests@1: 10 tries to score a completion failed, 1 did not;"
                        + " the last: the worker ended at its start");
    }

    @Test
    void furtherLinesComeWhenTenTimesAsManyHaveFailed() {
        for (int i = 0; i < 1000; i++) {
            fails(1);
        }

        assertThat(remarks).hasSize(3);
    }

    @Test
    void aHugeBatchIsOneLine() {
        fails(5000);

        assertThat(remarks).hasSize(1);
    }

    @Test
    void scorersAreCountedEachForItself() {
        fails(6);
        troubles.called(
                new ScorerId("length", "1"), Duration.ZERO, Collections.nCopies(6, new ScoreOutcome.TimedOut("late")));

        assertThat(remarks).isEmpty();
    }
}
