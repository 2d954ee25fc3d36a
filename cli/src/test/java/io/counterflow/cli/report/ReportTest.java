package io.counterflow.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.GroupMember;
import java.io.IOException;
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
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

    static RunSummary summary() {
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
        List<RunSummary.Evaluation> evaluations = List.of(
                evaluation(0, 0, 0.31, 0.162, new TextMeasures(12, 0.1, 0.4, 0.7, -1.25, 0)),
                evaluation(150, 1, 0.97, 0.934, new TextMeasures(13, 0.09, 0.38, 0.69, -1.5, 5.2)));
        return new RunSummary(
                "r-test",
                "CoPG on </script> programs",
                steps,
                new TreeMap<>(Map.of(0, 100L, 1, 900L, 2, 300L, 5, 12L)),
                new TreeMap<>(Map.of("staleness # is above the limit of #", 3L)),
                new TreeMap<>(),
                evaluations,
                "programs@1a2b3c4d",
                new TreeMap<>(),
                new TreeMap<>(Map.of("programs@1a2b3c4d", 600L)),
                PairedRewards.of(evaluations),
                List.of(new RunSummary.SamplePair(
                        "the sum of a and b , times 3", "( ( a - b ) ) * 4 ;", 0, "( ( a + b ) ) * 3 ;", 1)),
                "/somewhere/step-150",
                "ab".repeat(32),
                150,
                true,
                Duration.ofSeconds(131),
                "{\"objective\":{\"name\":\"copg\",\"beta\":0.1,\"rewardScale\":2},\"batch\":{\"groups\":4},\"seed\":0}");
    }

    private static RunSummary.Evaluation evaluation(
            long version, long failures, double reward, double full, TextMeasures texts) {
        return new RunSummary.Evaluation(
                version,
                new HeldOutPrompts(2, 2, 0),
                256,
                failures,
                new Rewards(reward, 0.2, 0, 1, 1, 1, full),
                new TreeMap<>(Map.of("unit-tests", reward, "style", 1 - reward / 2)),
                texts,
                new TreeMap<>(Map.of("a", reward - 0.1, "b", reward + 0.1)));
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
                        e.version(),
                        e.prompts(),
                        e.completions(),
                        e.failures(),
                        before,
                        e.scores(),
                        e.texts(),
                        e.rewardByPrompt()))
                .toList();
        String table = new TerminalReport().render(with(passed, passed.steps(), evaluations));
        assertThat(table)
                .contains("10th, 50th, 90th percentile", "0.00 4.00 8.00")
                .doesNotContain("full reward");
        assertThat(new TerminalReport().render(passed))
                .contains("with full reward")
                .doesNotContain("percentile");
    }

    static RunSummary with(RunSummary run, List<RunSummary.Step> steps, List<RunSummary.Evaluation> evaluations) {
        return with(run, steps, evaluations, run.configuration());
    }

    static RunSummary with(
            RunSummary run,
            List<RunSummary.Step> steps,
            List<RunSummary.Evaluation> evaluations,
            String configuration) {
        return new RunSummary(
                run.runId(),
                run.title(),
                steps,
                run.staleness(),
                run.setAside(),
                run.unused(),
                evaluations,
                run.recipe(),
                run.otherRecipes(),
                run.trainedOn(),
                PairedRewards.of(evaluations),
                run.samples(),
                run.checkpoint(),
                run.weightsSha256(),
                run.saved(),
                run.ended(),
                run.training(),
                configuration);
    }

    @Test
    void oneEvaluationIsNotShownAsTwo() {
        RunSummary run = summary();

        String first = new TerminalReport()
                .render(with(run, run.steps(), run.evaluations().subList(0, 1)));
        String last = new TerminalReport()
                .render(with(run, run.steps(), run.evaluations().subList(1, 2)));

        assertThat(line(first, "policy version")).matches(".*│ +0 │ +not evaluated .*");
        assertThat(line(first, " mean reward ")).matches(".*│ +0.31 │ +- .*");
        assertThat(first)
                .contains("the newest policy (version 150) was not evaluated")
                .doesNotContain("prompts of both");
        assertThat(line(last, "policy version")).matches(".*│ +not evaluated │ +150 .*");
        assertThat(line(last, " mean reward ")).matches(".*│ +- │ +0.97 .*");
        assertThat(last).contains("the policy that the run began with (version 0) was not evaluated");
        assertThat(line(new TerminalReport().render(with(run, run.steps(), List.of())), "held-out prompts"))
                .matches(".*│ +not evaluated │ +not evaluated .*");
    }

    @Test
    void whatWasNeverSavedIsNotSaidToBeInTheCheckpointNorToWantAnEvaluation() throws Exception {
        RunSummary run = summary();
        RunSummary begun = saved(run, 0, new TreeMap<>());
        String report = new TerminalReport().render(begun);
        assertThat(report)
                .contains("checkpoint /somewhere/step-150")
                .contains("of version 0, which the run began with; versions up to 150 were not saved and published yet")
                .contains("the newest policy (version 150) was not published, so that nobody could evaluate it")
                .doesNotContain("(version 150) was not evaluated");
        assertThat(new TerminalReport().render(saved(run, 140, new TreeMap<>())))
                .contains("of version 140; versions up to 150 were not saved and published yet")
                .contains("the newest policy that was published (version 140) was not evaluated");
        assertThat(new TerminalReport().render(run)).doesNotContain("not saved", "not published");
        JsonNode page = data(new HtmlReport().render(begun));
        assertThat(page.path("unsaved").asText()).startsWith("of version 0");
        assertThat(page.path("unevaluated")).hasSize(1);
        assertThat(data(new HtmlReport().render(run)).path("unsaved").isNull()).isTrue();
    }

    @Test
    void groupsThatNoStepTookStandInTheReportAndBesideOtherRuns() {
        RunSummary run = saved(summary(), 150, new TreeMap<>(Map.of("a@12345678", 1L, "b@87654321", 8L)));
        assertThat(new TerminalReport().render(run))
                .contains(
                        "not used   1 group of recipe a@12345678, 8 groups of recipe b@87654321: no step has taken them or"
                                + " set them aside");
        assertThat(new RunComparison(List.of(run)).table())
                .contains("r-test: 3 groups set aside in training: staleness # is above the limit of #")
                .contains("r-test: 1 group of recipe a@12345678, 8 groups of recipe b@87654321: no step has taken");
    }

    private static RunSummary saved(RunSummary run, long version, SortedMap<String, Long> unused) {
        List<RunSummary.Evaluation> first =
                version == run.version() ? run.evaluations() : run.evaluations().subList(0, 1);
        return new RunSummary(
                run.runId(),
                run.title(),
                run.steps(),
                run.staleness(),
                run.setAside(),
                unused,
                first,
                run.recipe(),
                run.otherRecipes(),
                run.trainedOn(),
                PairedRewards.of(first),
                run.samples(),
                run.checkpoint(),
                run.weightsSha256(),
                version,
                run.ended(),
                run.training(),
                run.configuration());
    }

    private static JsonNode data(String page) throws IOException {
        return new ObjectMapper()
                .readTree(page.substring(page.indexOf("const run = ") + 12, page.indexOf(";\nconst css")));
    }

    @Test
    void aRunOfOneStepHasOneBatch() {
        RunSummary run = summary();
        String table = new TerminalReport().render(with(run, run.steps().subList(1, 2), run.evaluations()));

        assertThat(line(table, "optimizer step")).matches(".*│ +- │ +2 .*");
        assertThat(line(table, "KL to the reference")).matches(".*│ +- │ +0.20 .*");
    }

    @Test
    void aRunRecordedBeforeTheDivergenceWasMeasuredShowsItsLogRatioUnderItsOwnName() {
        RunSummary run = summary();
        RunSummary.Step old = new RunSummary.Step(1, 0, 0, Map.of("kl", -15.99, "h.mean", -15.5, "reward.mean", 0.5));
        String table = new TerminalReport().render(with(run, List.of(old), run.evaluations()));

        assertThat(line(table, "KL to the reference")).doesNotContain("15.99").matches(".*│ +- │ +- .*");
        assertThat(line(table, "mean log-ratio")).contains("-15.50");
        assertThat(table).contains("was not measured when this run was recorded");
    }

    private static String line(String table, String containing) {
        return table.lines().filter(l -> l.contains(containing)).findFirst().orElseThrow();
    }

    @Test
    void numbersThatAreNoneAreNullInThePageAndATextThatReadsSoIsNot() throws Exception {
        RunSummary run = summary();
        String page = new HtmlReport()
                .render(with(
                        run,
                        List.of(new RunSummary.Step(
                                1,
                                Double.NaN,
                                Double.POSITIVE_INFINITY,
                                Map.of("reward.mean", Double.NEGATIVE_INFINITY))),
                        List.of()));
        JsonNode step = new ObjectMapper()
                .readTree(page.substring(page.indexOf("const run = ") + 12, page.indexOf(";\nconst css")))
                .get("steps")
                .get(0);
        assertThat(step.get("loss").isNull()).isTrue();
        assertThat(step.get("gradientNorm").isNull()).isTrue();
        assertThat(step.get("metrics").get("reward.mean").isNull()).isTrue();
    }

    @Test
    void nothingIsWrittenAsMinusZero() {
        assertThat(Figures.number(-0.0, 2)).isEqualTo("0.00");
        assertThat(Figures.number(-0.004, 2)).isEqualTo("0.00");
        assertThat(Figures.number(-0.006, 2)).isEqualTo("-0.01");
        assertThat(Figures.significant(-0.0, 3)).isEqualTo("0.00");
        assertThat(Figures.percent(-0.0001)).isEqualTo("0.0 %");
        assertThat(Figures.number(Double.NaN, 2)).isEqualTo("-");
    }

    static Rewards rewards(double... values) {
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
        assertThat(table.lines().filter(l -> l.contains("KL to the reference")))
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
