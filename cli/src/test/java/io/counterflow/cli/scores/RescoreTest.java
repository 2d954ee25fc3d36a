package io.counterflow.cli.scores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.cli.Counterflow;
import io.counterflow.cli.scores.CommandLineOn.Said;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.assembler.AssemblerConfig;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.RewardCheck;
import io.counterflow.scorer.rescore.SampledCompletions;
import io.counterflow.scorer.service.ScorerConfig;
import io.counterflow.scorer.service.ScoringConfig;
import io.counterflow.scorer.service.ScoringListener;
import io.counterflow.scorer.service.ScoringService;
import io.counterflow.scorer.streams.StreamsSettings;
import io.counterflow.trainer.Runs;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.batch.SourceMode;
import io.counterflow.trainer.metrics.StepRecorder;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RescoreTest {

    private static final int GROUPS = 150;
    private static final int SIZE = 3;
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    static Path folder;

    private static EmbeddedLog embedded;
    private static Log log;
    private static CommandLineOn counterflow;

    /** A run whose completions a scorer has scored, with groups after a first recipe. */
    @BeforeAll
    static void run() throws Exception {
        embedded = EmbeddedLog.start(folder.resolve("kafka"));
        log = new Log(embedded.config());
        log.createTopics();
        counterflow = new CommandLineOn(embedded, folder.resolve("data"));
        SampledCompletions.publish(log, "past", GROUPS, SIZE, 5);
        SampledCompletions.publish(log, "another", 3, SIZE, 6);
        StreamsSettings streams = new StreamsSettings(null, null, folder.resolve("streams"), null, null, null, null);
        ExecutorService threads = Executors.newCachedThreadPool();
        try (ScoringService scoring = new ScoringService(
                        log,
                        new ScoringConfig(List.of(ScorerConfig.of("length")), null, streams),
                        ScorerCatalog.onClassPath(),
                        ScoringListener.NONE);
                AssemblerService assembler = new AssemblerService(
                        log, new AssemblerConfig(Recipe.of("length"), null, null, streams), AssemblerListener.NONE)) {
            Future<?> scored = threads.submit(() -> {
                scoring.run();
                return null;
            });
            Future<?> assembled = threads.submit(() -> {
                assembler.run();
                return null;
            });
            await().atMost(LIMIT).until(() -> {
                assertThat(scored.isDone() || assembled.isDone()).isFalse();
                return read("scored-groups", ScoredGroup.class).size() == GROUPS + 3;
            });
        } finally {
            threads.shutdown();
        }
    }

    @AfterAll
    static void stop() {
        log.close();
        embedded.close();
    }

    @Test
    void aPastRunIsTrainedOnUnderAnotherRecipeWithoutSamplingAnything() throws Exception {
        Path recipe = Files.writeString(
                folder.resolve("short.yaml"),
                "name: short\n"
                        + "scorers:\n"
                        + "  - {scorer: length, weight: -1, standardise: true}\n"
                        + "  - {scorer: repetition, weight: -0.5}\n");
        String[] command = {"rescore", "--recipe", recipe.toString(), "--run", "past"};

        Said dry = counterflow.run("rescore", "--recipe", recipe.toString(), "--run", "past", "--dry-run");
        assertThat(dry.exitCode()).as(dry.err()).isZero();
        assertThat(dry.out())
                .contains("150 groups to make, 0 already made", "450 scores are in the log", "450 of repetition@1");
        assertThat(log.hasTopic("scored-groups.short")).isFalse();

        Said said = counterflow.run(command);
        assertThat(said.exitCode()).as(said.err()).isZero();
        assertThat(said.out()).contains("made 150 groups; reused 450 scores, computed 450 of repetition@1");
        assertThat(counterflow.run(command).out())
                .contains("0 groups to make, 150 already made", "made 0 groups; reused 0 scores, computed none");

        List<ConsumerRecord<String, ScoredGroup>> groups = read("scored-groups.short", ScoredGroup.class);
        assertThat(groups).hasSize(GROUPS);
        assertThat(groups).extracting(g -> g.value().getRunId()).containsOnly("past");
        assertThat(groups)
                .allSatisfy(g -> assertThat(RewardCheck.faults(g.value())).isEmpty());
        assertStatisticsRunOn(groups);
        assertThat(rewardsFallWithLength(groups)).isTrue();
        assertThat(read("completions", Completion.class)).hasSize((GROUPS + 3) * SIZE);
        assertThat(scoresBy("length")).hasSize((GROUPS + 3) * SIZE);
        assertThat(scoresBy("repetition")).hasSize(GROUPS * SIZE).doesNotHaveDuplicates();

        SourceConfig source = new SourceConfig(
                SourceMode.OFFLINE,
                List.of("past"),
                "short",
                null,
                null,
                null,
                1,
                null,
                null,
                null,
                "scored-groups.short");
        TrainerConfig trainer = Runs.of("short-run", folder.resolve("runs"), source, 10L, 5);
        try (TrainerService service =
                new TrainerService(log, trainer, InstantSource.system(), TrainerListener.none(), StepRecorder.none())) {
            service.run();
        }
        RunLedger ledger = new LedgerReader(log).read("short-run");
        assertThat(ledger.started().orElseThrow().getSourceTopic()).isEqualTo("scored-groups.short");
        assertThat(ledger.applied()).hasSize(10);
        assertThat(new Replay(log, ReplayRequest.of("short-run"), TrainerListener.none())
                        .run()
                        .identical())
                .isTrue();
        Said audit = counterflow.run(
                "audit",
                "--checkpoint",
                trainer.checkpointFolder().resolve("step-00000010").toString());
        assertThat(audit.exitCode()).isZero();
    }

    @Test
    void aRescoringThatIsKilledGoesOnAndWritesNothingTwice() throws Exception {
        Path recipe = Files.writeString(
                folder.resolve("slow.yaml"),
                "name: slow\nscorers: [{scorer: slow, version: '4', standardise: true}]\n");
        List<String> command = new ArrayList<>(
                List.of(
                        "rescore",
                        "--recipe",
                        recipe.toString(),
                        "--run",
                        "past",
                        "--set",
                        "scoring.scorers=[{kind: slow, version: '4', settings: {milliseconds: 20}, calls: {concurrency: 4, maxBatch: 8}}]"));
        int before;
        Process process = start(command);
        try {
            await().atMost(LIMIT).until(() -> {
                assertThat(process.isAlive()).isTrue();
                return log.hasTopic("scored-groups.slow")
                        && !read("scored-groups.slow", ScoredGroup.class).isEmpty();
            });
        } finally {
            process.destroyForcibly().waitFor();
        }
        before = read("scored-groups.slow", ScoredGroup.class).size();
        assertThat(before).isLessThan(GROUPS);

        Said said = counterflow.run(command.toArray(String[]::new));

        assertThat(said.exitCode()).as(said.err()).isZero();
        assertThat(said.out()).contains((GROUPS - before) + " groups to make, " + before + " already made");
        List<ConsumerRecord<String, ScoredGroup>> groups = read("scored-groups.slow", ScoredGroup.class);
        assertThat(groups)
                .hasSize(GROUPS)
                .extracting(g -> g.value().getGroupId())
                .doesNotHaveDuplicates();
        assertThat(scoresBy("slow")).hasSize(GROUPS * SIZE).doesNotHaveDuplicates();
        assertStatisticsRunOn(groups);
    }

    @Test
    void whatCannotBeDoneIsSaidInOneLine() throws Exception {
        Path recipe = Files.writeString(folder.resolve("judge.yaml"), "name: judge\nscorers: [{scorer: judge}]\n");
        Said noScorer = counterflow.run("rescore", "--recipe", recipe.toString(), "--run", "past");
        assertThat(noScorer.exitCode()).isEqualTo(1);
        assertThat(noScorer.err())
                .contains("scores of judge@1 are missing", "scoring.scorers")
                .hasLineCount(1);

        Said noRun = counterflow.run("rescore", "--recipe", recipe.toString(), "--run", "nobody");
        assertThat(noRun.exitCode()).isEqualTo(1);
        assertThat(noRun.err()).contains("no completions of run 'nobody'").hasLineCount(1);

        Said otherRecipe =
                counterflow.run("rescore", "--recipe", recipe.toString(), "--run", "past", "--topic", "scored-groups");
        assertThat(otherRecipe.exitCode()).isEqualTo(1);
        assertThat(otherRecipe.err())
                .contains("topic scored-groups has groups of run past by recipe default")
                .hasLineCount(1);

        Path typo = Files.writeString(folder.resolve("typo.yaml"), "name: x\nscorers: [{scorer: length, weigth: 2}]\n");
        Said unknownKey = counterflow.run("rescore", "--recipe", typo.toString(), "--run", "past");
        assertThat(unknownKey.exitCode()).isEqualTo(2);
        assertThat(unknownKey.err())
                .contains("weigth", "did you mean 'weight'?")
                .hasLineCount(1);
    }

    private static Process start(List<String> arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx300m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Counterflow.class.getName()));
        all.addAll(arguments);
        all.addAll(counterflow.options());
        File output = folder.resolve("rescore.log").toFile();
        return new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
    }

    /** Each group's statistics are those of all values in its partition up to it. */
    private static void assertStatisticsRunOn(List<ConsumerRecord<String, ScoredGroup>> groups) {
        Map<Integer, List<Double>> seen = new HashMap<>();
        for (ConsumerRecord<String, ScoredGroup> record : groups) {
            ScoredGroup group = record.value();
            String scorer = group.getStatistics().get(0).getScorer();
            List<Double> values = seen.computeIfAbsent(record.partition(), p -> new ArrayList<>());
            for (GroupMember member : group.getMembers()) {
                member.getScores().stream()
                        .filter(s -> s.getScorer().equals(scorer))
                        .forEach(s -> values.add(s.getValue()));
            }
            double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
            assertThat(group.getStatistics().get(0).getCount()).isEqualTo(values.size());
            assertThat(group.getStatistics().get(0).getMean()).isCloseTo(mean, within(1e-9));
            assertThat(group.getStatistics().get(0).getSquares())
                    .isCloseTo(
                            values.stream()
                                    .mapToDouble(v -> (v - mean) * (v - mean))
                                    .sum(),
                            within(1e-6));
        }
    }

    private static boolean rewardsFallWithLength(List<ConsumerRecord<String, ScoredGroup>> groups) {
        return groups.stream().allMatch(g -> {
            GroupMember a = g.value().getMembers().get(0);
            GroupMember b = g.value().getMembers().get(1);
            int byLength =
                    Integer.compare(a.getTokenIds().size(), b.getTokenIds().size());
            return byLength == 0 || Double.compare(a.getReward(), b.getReward()) == -byLength;
        });
    }

    private static List<String> scoresBy(String scorer) {
        return read("scores", Score.class).stream()
                .map(ConsumerRecord::value)
                .filter(s -> s.getScorer().equals(scorer))
                .map(Score::getCompletionId)
                .toList();
    }

    private static <T extends SpecificRecord> List<ConsumerRecord<String, T>> read(String topic, Class<T> type) {
        List<ConsumerRecord<String, T>> records = new ArrayList<>();
        try (LogReader<T> reader = new LogReader<>(log, topic, type)) {
            reader.read(reader.everything(), records::add);
        }
        return records;
    }
}
