package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.files.Sha256;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.batch.SourceMode;
import io.counterflow.trainer.ledger.RunTakenOverException;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import io.counterflow.trainer.replay.ReplayResult;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerOnABrokerTest {

    private static final long SEED = 2406;
    private static final int GROUPS = 50;

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;
    private static Log log;
    private static SampledGroups groups;

    @BeforeAll
    static void start() {
        embedded = EmbeddedLog.start(directory.resolve("kafka"));
        log = new Log(embedded.config());
        log.createTopics();
        groups = new SampledGroups(log, SEED);
        groups.publish("past", GROUPS);
    }

    @AfterAll
    static void stop() {
        groups.close();
        log.close();
        embedded.close();
    }

    @Test
    void anOfflineRunUsesEveryGroupOnceAnEpochAndIsReplayedToTheSameBytes() throws Exception {
        TrainerConfig config = Runs.of("offline", directory, offline(2), null, 10);

        run(config);

        RunLedger ledger = new LedgerReader(log).read("offline");
        assertThat(ledger.planned()).hasSize(2 * 13);
        for (long epoch = 0; epoch < 2; epoch++) {
            assertThat(groupsOf(ledger, epoch)).hasSize(GROUPS).doesNotHaveDuplicates();
        }
        assertThat(groupsOf(ledger, 0)).isNotEqualTo(groupsOf(ledger, 1));
        assertThat(ledger.applied()).hasSize(26);
        assertThat(ledger.applied().get(26L).getMetrics()).containsKeys("reward.mean", "h.mean", "beta");
        await().untilAsserted(() -> assertThat(policies("offline"))
                .extracting(PolicyVersion::getVersion)
                .containsExactly(0L, 10L, 20L, 26L));
        PolicyVersion last = policies("offline").get(3);
        assertThat(last.getLast()).isTrue();
        assertThat(last.getWeightsSha256())
                .isEqualTo(Sha256.of(Path.of(URI.create(last.getLocation())).resolve("model.safetensors")))
                .isEqualTo(ledger.ended().orElseThrow().getWeightsSha256());

        ReplayResult replay = new Replay(log, ReplayRequest.of("offline"), TrainerListener.none()).run();

        assertThat(replay.identical()).isTrue();
        assertThat(replay.weightsSha256()).isEqualTo(last.getWeightsSha256());
        assertThat(Files.readAllLines(directory.resolve("offline/metrics.jsonl")))
                .hasSize(26);
    }

    @Test
    void anyCheckpointCanBeRebuiltFromTheLog() {
        TrainerConfig config = Runs.of("rebuilt", directory, offline(1), null, 5);
        run(config);

        ReplayResult replay = new Replay(
                        log,
                        new ReplayRequest("rebuilt", 10L, null, config.checkpointFolder(), directory.resolve("again")),
                        TrainerListener.none())
                .run();

        assertThat(replay.step()).isEqualTo(10);
        assertThat(replay.expectedSha256()).isNotNull();
        assertThat(replay.identical()).isTrue();
        assertThat(directory.resolve("again/optimizer.safetensors"))
                .hasSameBinaryContentAs(config.checkpointFolder().resolve("step-00000010/optimizer.safetensors"));
    }

    @Test
    void aRunThatWasStoppedGoesOnToTheSameWeightsOptimizerAndLedger() throws Exception {
        TrainerConfig whole = Runs.of("whole", directory, offline(1), null, 4);
        TrainerConfig parts = Runs.of("parts", directory, offline(1), null, 4);
        run(whole);
        for (int stop : List.of(3, 4, 9)) {
            runUntil(parts, stop);
        }

        run(parts);

        assertSameEnd(whole, parts);
        RunLedger before = new LedgerReader(log).read("parts");
        run(parts);
        assertThat(new LedgerReader(log).read("parts").canonicalSha256())
                .as("an ended run is left alone")
                .isEqualTo(before.canonicalSha256());
    }

    @Test
    void aRunStillHasWholeCheckpointsWhenTheOneItWentOnFromIsPruned() throws Exception {
        TrainerConfig whole = Runs.of("never-stopped", directory, offline(1), null, 1);
        TrainerConfig parts = Runs.of("pruned", directory, offline(1), null, 1);
        run(whole);
        runUntil(parts, 2);

        run(parts);

        assertThat(parts.checkpointFolder().resolve("step-00000002")).doesNotExist();
        assertSameEnd(whole, parts);
    }

    @Test
    void aDamagedCheckpointIsRefusedByNameAndTheOneBeforeItUsed() throws Exception {
        TrainerConfig whole = Runs.of("sound", directory, offline(1), null, 3);
        TrainerConfig damaged = Runs.of("damaged", directory, offline(1), null, 3);
        run(whole);
        runUntil(damaged, 8);
        Path optimizer = damaged.checkpointFolder().resolve("step-00000006/optimizer.safetensors");
        byte[] bytes = Files.readAllBytes(optimizer);
        bytes[bytes.length / 2] ^= 1;
        Files.write(optimizer, bytes);
        RunningTrainer again = new RunningTrainer(log, damaged);

        assertThat(again.awaitStart()).isEqualTo(3);
        again.awaitEnd();
        assertThat(again.refusals())
                .singleElement()
                .asString()
                .contains("step-00000006", "optimizer.safetensors", "SHA-256");
        assertThat(damaged.checkpointFolder().resolve("refused-step-00000006-1"))
                .isDirectory();
        assertSameEnd(whole, damaged);
    }

    @Test
    void aLiveRunTakesItsOwnGroupsInTheOrderOfTheirArrivalAndIsReplayedToTheSameBytes() throws Exception {
        TrainerConfig config = Runs.of("live", directory, SourceConfig.live(), 3L, 2);
        RunningTrainer running = new RunningTrainer(log, config);
        running.awaitStart();
        List<ScoredGroup> own = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            own.addAll(groups.publish("live", 1));
            groups.publish("somebody else's", 1);
        }
        running.awaitEnd();

        RunLedger ledger = new LedgerReader(log).read("live");
        assertThat(groupsOf(ledger, 0))
                .containsExactlyInAnyOrderElementsOf(
                        own.stream().map(ScoredGroup::getGroupId).toList());
        assertThat(new Replay(log, ReplayRequest.of("live"), TrainerListener.none())
                        .run()
                        .identical())
                .isTrue();
        assertThat(ledger.applied().get(3L).getMetrics())
                .containsEntry("staleness.max", 2.0)
                .containsEntry("staleness.histogram.2", (double)
                        membersOf(own, ledger.planned().get(3L)));
    }

    @Test
    void aGroupThatStandsInTheLogTwiceOrIsTooStaleIsSetAsideAndNamed() throws Exception {
        SourceConfig limited = new SourceConfig(null, null, null, null, null, null, null, null, 1, null, null);
        TrainerConfig config = Runs.of("aside", directory, limited, 4L, 2);
        RunningTrainer running = new RunningTrainer(log, config);
        running.awaitStart();
        ScoredGroup first = groups.publish("aside", 4).get(0);
        groups.publish("aside", 4, 0);
        running.awaitStep(2);
        groups.publish(first);
        groups.publish("aside", 1, 0);
        groups.publish("aside", 8, 3);
        running.awaitEnd();

        RunLedger ledger = new LedgerReader(log).read("aside");
        assertThat(ledger.planned().values().stream().flatMap(plan -> plan.getSetAside().stream()))
                .extracting(aside -> aside.getCause().replaceAll("\\d+", "#"))
                .containsExactlyInAnyOrder(
                        "stands in the log twice; it was used at partition #, offset #",
                        "staleness # is above the limit of #");
        assertThat(groupsOf(ledger, 0)).hasSize(16).doesNotHaveDuplicates();
    }

    @Test
    void crossingFromThePastToTheLiveTailEqualsHavingBeenLiveAllTheTime() throws Exception {
        SourceConfig follow = new SourceConfig(
                SourceMode.FOLLOW,
                List.of("crossing"),
                null,
                IntStream.range(0, 4).mapToObj(p -> p + ":" + end(p) + "-").toList(),
                null,
                null,
                null,
                null,
                null,
                null,
                null);
        RunningTrainer live = new RunningTrainer(log, Runs.of("always-live", directory, follow, 6L, 3));
        live.awaitStart();
        for (int i = 0; i < 12; i++) {
            groups.publish("crossing", 1);
        }
        live.awaitStep(3);
        RunningTrainer late = new RunningTrainer(log, Runs.of("late", directory, follow, 6L, 3));
        late.awaitStep(3);
        for (int i = 0; i < 12; i++) {
            groups.publish("crossing", 1);
        }
        live.awaitEnd();
        late.awaitEnd();

        assertThat(groupsOf(new LedgerReader(log).read("late"), 0))
                .isEqualTo(groupsOf(new LedgerReader(log).read("always-live"), 0));
        assertThat(weights("late")).isEqualTo(weights("always-live"));
    }

    @Test
    void aSecondTrainerOfARunIsRefusedAndMayTakeItOver() throws Exception {
        TrainerConfig config = Runs.of("contested", directory, SourceConfig.live(), 2L, 1);
        RunningTrainer first = new RunningTrainer(log, config);
        first.awaitStart();

        assertThatThrownBy(() -> run(config))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(
                        "is being trained by process " + ProcessHandle.current().pid())
                .hasMessageContaining("takeOver");

        RunningTrainer second = new RunningTrainer(log, takingOver(config));
        second.awaitStart();
        groups.publish("contested", 8);
        second.awaitEnd();
        assertThatThrownBy(first::awaitEnd).hasCauseInstanceOf(RunTakenOverException.class);
        assertThat(groupsOf(new LedgerReader(log).read("contested"), 0))
                .hasSize(8)
                .doesNotHaveDuplicates();
    }

    @Test
    void otherSettingsForARunThatHasBegunAreRefusedByName() throws Exception {
        TrainerConfig config = Runs.of("settled", directory, offline(1), null, 4);
        runUntil(config, 2);
        TrainerConfig other = Runs.of("settled", directory, offline(2), null, 4);

        assertThatThrownBy(() -> run(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("trainer.source.epochs was 1 and is 2");
    }

    private static SourceConfig offline(int epochs) {
        return SourceConfig.offline(List.of("past"), epochs);
    }

    private static TrainerConfig takingOver(TrainerConfig config) {
        return config.toBuilder().takeOver(true).build();
    }

    private static void run(TrainerConfig config) {
        new TrainerService(log, config, InstantSource.system()).run();
    }

    private static void runUntil(TrainerConfig config, long step) throws Exception {
        new RunningTrainer(log, config, step).awaitEnd();
    }

    private static void assertSameEnd(TrainerConfig one, TrainerConfig other) throws IOException {
        RunLedger oneLedger = new LedgerReader(log).read(one.runId());
        RunLedger otherLedger = new LedgerReader(log).read(other.runId());
        assertThat(otherLedger.canonicalSha256()).isEqualTo(oneLedger.canonicalSha256());
        String last = "step-%08d".formatted(oneLedger.lastPlanned());
        for (String file : List.of("model.safetensors", "optimizer.safetensors", "config.json", "tokenizer.json")) {
            assertThat(other.checkpointFolder().resolve(last).resolve(file))
                    .hasSameBinaryContentAs(one.checkpointFolder().resolve(last).resolve(file));
        }
    }

    private static String weights(String runId) {
        return new LedgerReader(log).read(runId).ended().orElseThrow().getWeightsSha256();
    }

    private static List<String> groupsOf(RunLedger ledger, long epoch) {
        return ledger.planned().values().stream()
                .filter(plan -> plan.getEpoch() == epoch)
                .flatMap(plan -> plan.getGroups().stream())
                .map(GroupPosition::getGroupId)
                .toList();
    }

    private static long membersOf(List<ScoredGroup> groups, StepPlanned plan) {
        return groups.stream()
                .filter(group ->
                        plan.getGroups().stream().anyMatch(p -> p.getGroupId().equals(group.getGroupId())))
                .mapToLong(group -> group.getMembers().size())
                .sum();
    }

    private static long end(int partition) {
        try (LogReader<ScoredGroup> reader = new LogReader<>(log, Topic.SCORED_GROUPS, ScoredGroup.class)) {
            return reader.everything().get(partition).until();
        }
    }

    private static List<PolicyVersion> policies(String runId) {
        List<PolicyVersion> policies = new ArrayList<>();
        try (LogReader<PolicyVersion> reader = new LogReader<>(log, Topic.POLICIES, PolicyVersion.class)) {
            reader.read(reader.everything(), record -> {
                if (record.key().equals(runId)) {
                    policies.add(record.value());
                }
            });
        }
        return policies;
    }
}
