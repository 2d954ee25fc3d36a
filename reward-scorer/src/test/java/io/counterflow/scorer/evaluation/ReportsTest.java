package io.counterflow.scorer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.dataset.LabelledText;
import io.counterflow.scorer.dataset.NliLabel;
import io.counterflow.scorer.dataset.NliPair;
import io.counterflow.scorer.dataset.PreferencePair;
import io.counterflow.scorer.evaluation.ScorerEvaluation.Judgement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportsTest {

    @Test
    void classesAreCountedTrueByPredicted() {
        ClassificationReport report = ClassificationReport.of(
                List.of("a", "b"),
                List.of(new double[] {0.9, 0.1}, new double[] {0.6, 0.4}, new double[] {0.2, 0.8}, new double[] {
                    0.3, 0.7
                }),
                List.of(0, 1, 1, 1));
        assertThat(report.accuracy()).isEqualTo(0.75);
        assertThat(report.confusion()).containsExactly(List.of(1, 0), List.of(1, 2));
        assertThat(report.loss())
                .isCloseTo(-(Math.log(0.9) + Math.log(0.4) + Math.log(0.8) + Math.log(0.7)) / 4, within(1e-12));
        // (2·0.1² + 2·0.6² + 2·0.2² + 2·0.3²) / 4
        assertThat(report.brier()).isCloseTo(0.25, within(1e-12));
    }

    @Test
    void calibrationIsTheWeightedGapBetweenConfidenceAndAccuracy() {
        // Two of four at 0.85 are right, both at 0.55.
        Calibration calibration = Calibration.of(
                new double[] {0.85, 0.85, 0.85, 0.85, 0.55, 0.55},
                new boolean[] {true, true, false, false, true, true});
        assertThat(calibration.bins()).hasSize(2);
        assertThat(calibration.bins().get(1).accuracy()).isEqualTo(0.5);
        assertThat(calibration.bins().get(1).size()).isEqualTo(4);
        assertThat(calibration.expectedError()).isCloseTo(4.0 / 6 * 0.35 + 2.0 / 6 * 0.45, within(1e-12));
        assertThat(Calibration.of(new double[] {1}, new boolean[] {true}).expectedError())
                .isZero();
    }

    @Test
    void aTieIsHalfRightAndTheLongerCompletionIsTheBaseline() {
        PreferenceReport report = PreferenceReport.of(List.of(
                new PreferenceReport.Judged(2, 1, 10),
                new PreferenceReport.Judged(1, 1, -10),
                new PreferenceReport.Judged(0, 3, -10),
                new PreferenceReport.Judged(4, 1, -10)));
        assertThat(report.accuracy()).isEqualTo(2.5 / 4);
        assertThat(report.longerWins()).isEqualTo(0.25);
        assertThat(report.meanMargin()).isEqualTo(0.25);
    }

    @Test
    void anyScorerIsJudgedByPairs() throws Exception {
        ScorerEvaluation evaluation = new ScorerEvaluation(
                batch -> batch.stream()
                        .map(r -> r.completion().equals("?")
                                ? new ScoreOutcome.Failed("no idea")
                                : ScoreOutcome.of(r.completion().length()))
                        .toList(),
                3,
                done -> {});
        Judgement<PreferenceReport> judgement = evaluation.pairs(List.of(
                new PreferencePair("p", List.of(), "long", "no"),
                new PreferencePair("p", List.of(), "a", "longer"),
                new PreferencePair("p", List.of(), "?", "longer")));
        assertThat(judgement.report().examples()).isEqualTo(2);
        assertThat(judgement.report().accuracy()).isEqualTo(0.5);
        assertThat(judgement.failures()).containsExactly("no idea");
        assertThatThrownBy(() -> evaluation.pairs(List.of(new PreferencePair("p", List.of(), "?", "?"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("nothing could be scored: no idea");
    }

    @Test
    void classesAreTheComponentsOfTheScore() throws Exception {
        ScorerEvaluation evaluation = new ScorerEvaluation(
                batch -> batch.stream().map(ReportsTest::sure).toList(), 2, done -> {});
        Judgement<ClassificationReport> nli = evaluation.nli(List.of(
                new NliPair("yes", "h", NliLabel.ENTAILMENT),
                new NliPair("yes", "h", NliLabel.NEUTRAL),
                new NliPair("no", "h", NliLabel.CONTRADICTION)));
        assertThat(nli.report().labels()).containsExactly("entailment", "neutral", "contradiction");
        assertThat(nli.report().confusion()).containsExactly(List.of(1, 0, 0), List.of(1, 0, 0), List.of(0, 0, 1));
        assertThatThrownBy(() -> evaluation.labels(List.of(new LabelledText("", List.of(), "text", "positive"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the scorer gives no probability of 'positive', but of [contradiction, entailment, neutral]");
    }

    private static ScoreOutcome sure(ScoreRequest request) {
        double yes = request.prompt().equals("yes") ? 0.8 : 0.1;
        return ScoreOutcome.of(yes, Map.of("entailment", yes, "neutral", 0.1, "contradiction", 0.9 - yes), Map.of());
    }
}
