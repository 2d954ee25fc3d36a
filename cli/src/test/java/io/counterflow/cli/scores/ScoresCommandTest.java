package io.counterflow.cli.scores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.cli.scores.CommandLineOn.Said;
import io.counterflow.cli.scores.ScoreComparison.Preferences;
import io.counterflow.cli.scores.ScoreComparison.Valued;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.ScorerId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoresCommandTest {

    private static final ScorerId ONE = new ScorerId("a", "1");
    private static final ScorerId TWO = new ScorerId("a", "2");

    @TempDir
    Path folder;

    private static Map<String, Valued> values(String group, double... values) {
        Map<String, Valued> all = new LinkedHashMap<>();
        for (double value : values) {
            all.put("c" + all.size(), new Valued(group, value));
        }
        return all;
    }

    /** Values that SciPy 1.11's spearmanr, kendalltau and pearsonr give in their documentation and for the same lists. */
    @Test
    void correlationsAreThoseOfSciPy() {
        ScoreComparison rising = ScoreComparison.of(ONE, values("g", 1, 2, 3, 4, 5), TWO, values("g", 5, 6, 7, 8, 7));
        assertThat(rising.spearman()).isCloseTo(0.8207826816681233, within(1e-12));
        assertThat(rising.kendall()).isCloseTo(0.7378647873726218, within(1e-12));
        ScoreComparison tied = ScoreComparison.of(ONE, values("g", 12, 2, 1, 12, 2), TWO, values("g", 1, 4, 7, 1, 0));
        assertThat(tied.kendall()).isCloseTo(-0.47140452079103173, within(1e-12));
        ScoreComparison constant = ScoreComparison.of(ONE, values("g", 1, 1, 1), TWO, values("g", 1, 2, 3));
        assertThat(constant.spearman()).isNaN();
    }

    @Test
    void preferencesAreCountedWithinGroupsAndWhatOnlyOneHasScoredIsToldApart() {
        Map<String, Valued> first = new LinkedHashMap<>(values("g", 1, 2, 2));
        first.put("elsewhere", new Valued("h", 9));
        first.put("mine", new Valued("h", 9));
        Map<String, Valued> second = new LinkedHashMap<>(values("g", 3, 5, 4));
        second.put("elsewhere", new Valued("h", 0));
        ScoreComparison comparison = ScoreComparison.of(ONE, first, TWO, second);
        assertThat(comparison.preferences()).isEqualTo(new Preferences(2, 0, 1, 0));
        assertThat(comparison.preferences().agreement()).isEqualTo(1);
        assertThat(comparison.values()).hasSize(4);
        assertThat(comparison.onlyFirst()).isEqualTo(1);
        assertThat(comparison.onlySecond()).isZero();
    }

    @Test
    void theLogTellsWhatScorersSaidAndHowTwoVersionsCompare() throws Exception {
        try (EmbeddedLog embedded = EmbeddedLog.start(folder.resolve("kafka"));
                Log log = new Log(embedded.config())) {
            log.createTopics();
            try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
                for (int i = 0; i < 40; i++) {
                    producer.send(score(log, "run", i, ONE, Outcome.SCORED, (double) i));
                    boolean failed = i % 10 == 0;
                    producer.send(score(
                            log,
                            i < 30 ? "run" : "late",
                            i,
                            TWO,
                            failed ? Outcome.TIMED_OUT : Outcome.SCORED,
                            failed ? null : 2.0 * i));
                }
            }
            CommandLineOn counterflow = new CommandLineOn(embedded, folder.resolve("data"));
            Said list = counterflow.run("scores");
            assertThat(list.exitCode()).as(list.err()).isZero();
            assertThat(list.out()
                            .lines()
                            .filter(l -> l.contains("a@2"))
                            .findFirst()
                            .orElseThrow())
                    .contains("36", " 4 ", "1.000");
            assertThat(counterflow.run("scores", "--run", "late").out()).doesNotContain("a@1");

            Path page = folder.resolve("compared.html");
            Said compared = counterflow.run("scores", "--compare", "a@1", "a@2", "--output", page.toString());
            assertThat(compared.exitCode()).as(compared.err()).isZero();
            assertThat(compared.out())
                    .contains("scored by both       36", "only by a@1: 4, only by a@2: 0", "Spearman             1.000")
                    .contains("agreement            100.0 %");
            assertThat(page).content().contains("<svg", "a@2", "Kendall").doesNotContain("src=", "href=");
            Path pixels = folder.resolve("compared.png");
            assertThat(counterflow
                            .run("scores", "--compare", "a@1", "a@2", "--output", pixels.toString())
                            .exitCode())
                    .isZero();
            assertThat(ImageIO.read(pixels.toFile()).getWidth()).isEqualTo(1280);

            Said unknown = counterflow.run("scores", "--compare", "a@1", "b@1");
            assertThat(unknown.exitCode()).isEqualTo(1);
            assertThat(unknown.err())
                    .contains("b@1 has no scores", "[a@1, a@2]")
                    .hasLineCount(1);
            Said wrong = counterflow.run("scores", "--compare", "a@1", "a@2", "--output", "x.pdf");
            assertThat(wrong.err()).contains(".html, .svg or .png");
            assertThat(Files.exists(Path.of("x.pdf"))).isFalse();
        }
    }

    private static ProducerRecord<String, SpecificRecord> score(
            Log log, String run, int completion, ScorerId scorer, Outcome outcome, Double value) {
        Score score = Score.newBuilder()
                .setCompletionId("c" + completion)
                .setGroupId("g" + completion / 4)
                .setPromptId("p" + completion / 4)
                .setRunId(run)
                .setScorer(scorer.name())
                .setScorerVersion(scorer.version())
                .setOutcome(outcome)
                .setValue(value)
                .setCause(value == null ? "no answer" : null)
                .setDurationMicros(1000)
                .setScoredAt(Instant.EPOCH)
                .build();
        return new ProducerRecord<>(log.topicName(Topic.SCORES), score.getPromptId(), score);
    }
}
