package io.counterflow.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.GroupMember;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

    private static RunSummary summary() {
        Random random = new Random(5);
        List<RunSummary.Step> steps = new ArrayList<>();
        for (int i = 1; i <= 150; i++) {
            double reward = 0.95 - 0.7 * Math.exp(-i / 40.0) + 0.03 * random.nextGaussian();
            Map<String, Double> metrics = new HashMap<>(Map.of(
                    "reward.mean",
                    reward,
                    "completions",
                    8.0,
                    "score.unit-tests",
                    reward,
                    "score.style",
                    1 - reward / 2,
                    "h.rank.1",
                    i / 100.0,
                    "h.rank.2",
                    -i / 50.0,
                    "length.mean",
                    20.0,
                    "length.min",
                    3.0,
                    "length.max",
                    64.0));
            if (i > 1) {
                metrics.put("kl.reference", 6 * (1 - Math.exp(-i / 60.0)));
            }
            steps.add(new RunSummary.Step(i, 1 - reward, 2 + random.nextDouble(), metrics));
        }
        return new RunSummary(
                "r-test",
                "CoPG on </script> programs",
                steps,
                new TreeMap<>(Map.of(0, 100L, 1, 900L, 2, 300L, 5, 12L)),
                new TreeMap<>(Map.of("staleness # is above the limit of #", 3L)),
                List.of(
                        evaluation(0, 0, 0.31, 0.162, new TextMeasures(12, 0.1, 0.4, 0.7, -1.25, 0)),
                        evaluation(150, 1, 0.97, 0.934, new TextMeasures(13, 0.09, 0.38, 0.69, -1.5, 5.2))),
                List.of(new RunSummary.SamplePair(
                        "the sum of a and b , times 3", "( ( a - b ) ) * 4 ;", 0, "( ( a + b ) ) * 3 ;", 1)),
                "/somewhere/step-150",
                "ab".repeat(32),
                true,
                Duration.ofSeconds(131),
                "{\"objective\":{\"name\":\"copg\",\"beta\":0.1,\"rewardScale\":2}}");
    }

    private static RunSummary.Evaluation evaluation(
            long version, long failures, double reward, double full, TextMeasures texts) {
        return new RunSummary.Evaluation(
                version,
                256,
                failures,
                new Rewards(reward, 0.2, 0, 1, 1, 1, full),
                new TreeMap<>(Map.of("unit-tests", reward, "style", 1 - reward / 2)),
                texts);
    }

    @Test
    void distinctCountsEveryTextOfAllTogether() {
        TextMeasures measures = TextMeasures.of(List.of(member("a b a b", 5), member("A b\nc", 3)));
        assertThat(measures.distinct1()).isEqualTo(3.0 / 7);
        assertThat(measures.distinct2()).as("ab ba bc of ab ba ab ab bc").isEqualTo(3.0 / 5);
        assertThat(measures.distinct3()).as("aba bab abc").isEqualTo(1);
        assertThat(measures.meanTokens()).isEqualTo(4);
        assertThat(measures.kl()).isNaN();
    }

    @Test
    void fullRewardIsShownOnlyWhereOneIsWhatACompletionCanReach() {
        List<Rewards> reached = List.of(rewards(0, 0.5), rewards(0.25, 1));
        assertThat(Rewards.reachFull(reached)).isTrue();
        assertThat(reached.get(1).full()).isEqualTo(0.5);
        assertThat(Rewards.reachFull(List.of(rewards(0.1, 0.9)))).isFalse();
        assertThat(Rewards.reachFull(List.of(rewards(0, 1), rewards(0, 1.5))))
                .as("sums of several scores")
                .isFalse();
        assertThat(Rewards.reachFull(List.of())).isFalse();
        assertThat(Rewards.of(List.of()).mean()).isNaN();
    }

    @Test
    void continuousRewardsAreShownByTheirPercentiles() {
        RunSummary passed = summary();
        Rewards before = rewards(0, 1, 2, 3, 4, 5, 6, 7, 8);
        List<RunSummary.Evaluation> evaluations = passed.evaluations().stream()
                .map(e -> new RunSummary.Evaluation(
                        e.version(), e.completions(), e.failures(), before, e.scores(), e.texts()))
                .toList();
        String table = new TerminalReport()
                .render(new RunSummary(
                        passed.runId(),
                        passed.title(),
                        passed.steps(),
                        passed.staleness(),
                        passed.setAside(),
                        evaluations,
                        passed.samples(),
                        passed.checkpoint(),
                        passed.weightsSha256(),
                        passed.ended(),
                        passed.training(),
                        passed.configuration()));
        assertThat(table)
                .contains("10th, 50th, 90th percentile", "0.00 4.00 8.00")
                .doesNotContain("full reward");
        assertThat(new TerminalReport().render(passed))
                .contains("with full reward")
                .doesNotContain("percentile");
    }

    private static Rewards rewards(double... values) {
        return Rewards.of(Arrays.stream(values).mapToObj(r -> member("a", 1, r)).toList());
    }

    private static GroupMember member(String text, int tokens) {
        return member(text, tokens, 0);
    }

    private static GroupMember member(String text, int tokens, double reward) {
        return GroupMember.newBuilder()
                .setCompletionId(text)
                .setIndexInGroup(0)
                .setText(text)
                .setTokenIds(java.util.Collections.nCopies(tokens, 1))
                .setLogProbability(0)
                .setPolicyVersion(0)
                .setFinishReason(FinishReason.STOP)
                .setSampledAt(Instant.EPOCH)
                .setReward(reward)
                .setScores(List.of())
                .build();
    }

    @Test
    void thePageNeedsNothingElseAndHoldsTheRunAsData(@TempDir Path folder) throws Exception {
        String page = new HtmlReport().render(summary());
        String where = System.getProperty("counterflow.report.preview");
        Files.writeString(where == null ? folder.resolve("report.html") : Path.of(where), page);

        assertThat(page).doesNotContainPattern("(src|href)=\"https?:");
        assertThat(page.split("</script>", -1))
                .as("two script elements, and no text that ends one early")
                .hasSize(3);
        String data = page.substring(page.indexOf("const run = ") + 12, page.indexOf(";\nconst css"));
        JsonNode run = new ObjectMapper().readTree(data);
        assertThat(run.get("steps")).hasSize(150);
        assertThat(run.get("steps").get(0).get("metrics").has("kl.reference")).isFalse();
        assertThat(run.get("steps").get(1).get("metrics").get("h.rank.2").asDouble())
                .isEqualTo(-0.04);
        assertThat(run.get("title").asText()).isEqualTo("CoPG on </script> programs");
        assertThat(run.get("training").asText()).isEqualTo("PT2M11S");
    }

    @Test
    void theTerminalShowsBeforeAndAfterSideBySide() {
        String table = new TerminalReport().render(summary());
        assertThat(table)
                .contains("16.2 %", "93.4 %", "the sum of a and b , times 3", "( ( a + b ) ) * 3 ;")
                .contains(
                        "150 steps in 131 s, 1200 completions trained, mean staleness 1.19 policy versions",
                        "set aside  3 groups: staleness # is above the limit of #")
                .contains("checkpoint /somewhere/step-150");
        assertThat(table.lines().filter(l -> l.contains("KL to reference")))
                .singleElement()
                .asString()
                .contains("-")
                .contains("5.51");
        assertThat(table.lines().filter(l -> l.contains("ln p a token")))
                .singleElement()
                .asString()
                .contains("-1.25")
                .contains("-1.50");
    }
}
