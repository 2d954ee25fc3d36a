package io.counterflow.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.ledger.LedgerException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RunComparisonTest {

    @Test
    void beforeAndAfterAreComparedOnThePromptsThatBothHave() {
        // By hand: changes 0.25, 0.75 and 0.5 have a mean of 0.5 and a deviation of 0.25; its error is 0.25 / sqrt(3).
        PairedRewards paired = PairedRewards.of(List.of(
                evaluated(0, Map.of("a", 0.0, "b", 0.25, "c", 0.5, "lost later", 1.0)),
                evaluated(9, Map.of("a", 0.25, "b", 1.0, "c", 1.0, "lost before", 0.0))));

        assertThat(paired.prompts()).isEqualTo(3);
        assertThat(paired.before()).isEqualTo(0.25);
        assertThat(paired.after()).isEqualTo(0.75);
        assertThat(paired.change()).isEqualTo("+0.500 ± 0.144");
        assertThat(PairedRewards.of(List.of(evaluated(0, Map.of("a", 1.0)))).change())
                .isEqualTo("-");
    }

    private static RunSummary.Evaluation evaluated(long version, Map<String, Double> rewards) {
        return new RunSummary.Evaluation(
                version,
                new HeldOutPrompts(rewards.size(), rewards.size(), 0),
                rewards.size(),
                0,
                ReportTest.rewards(rewards.values().stream().mapToDouble(d -> d).toArray()),
                new TreeMap<>(),
                TextMeasures.unknown(),
                new TreeMap<>(rewards));
    }

    @Test
    void everyRunIsComparedWithItsOwnBeginningOrSaysThatItHasNone() {
        RunSummary run = ReportTest.summary();
        RunSummary fell = ReportTest.with(
                run, run.steps(), List.of(evaluated(0, Map.of("a", 0.5)), evaluated(150, Map.of("a", 0.48))));
        RunSummary late = ReportTest.with(
                run, run.steps(), List.of(evaluated(3, Map.of("a", 0.41)), evaluated(6, Map.of("a", 0.43))));

        String table = new RunComparison(List.of(late, fell)).table();

        List<String> rows = table.lines().filter(l -> l.contains("║ r-test")).toList();
        assertThat(rows).hasSize(4);
        assertThat(rows.get(0)).contains("start", "not evaluated").doesNotContain("0.41");
        assertThat(rows.get(1)).contains("end", "6 of 150", "0.430").doesNotContain("+0.02");
        assertThat(rows.get(2)).contains("start", "0.500");
        assertThat(rows.get(3)).contains("end", "0.480", "-0.020");
    }

    @Test
    void aRunWhoseSettingsCannotBeReadIsNotComparedAsIfItHadNone() {
        RunSummary run = ReportTest.summary();
        RunSummary damaged =
                ReportTest.with(run, run.steps(), run.evaluations(), "{\"objective\":{\"name\":\"copg\"}}");

        assertThatThrownBy(() -> new RunComparison(List.of(run, damaged)))
                .isInstanceOf(LedgerException.class)
                .hasMessageStartingWith(
                        "the settings of run r-test in the ledger cannot be read: objective.beta is missing");
    }
}
