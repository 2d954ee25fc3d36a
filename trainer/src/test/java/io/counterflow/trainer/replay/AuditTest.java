package io.counterflow.trainer.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.broker.EmbeddedLog;
import io.counterflow.files.Sha256;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerException;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import io.counterflow.trainer.Runs;
import io.counterflow.trainer.SampledGroups;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.checkpoint.RunCheckpointException;
import io.counterflow.trainer.ledger.LedgerWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuditTest {

    private static final String MANIFEST = "the SHA-256 of the manifest in the ledger and of the one that is here";

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;
    private static Log log;
    private static TrainerConfig config;
    private static List<ScoredGroup> groups;

    @BeforeAll
    static void train() {
        embedded = EmbeddedLog.start(directory.resolve("kafka"));
        log = new Log(embedded.config());
        log.createTopics();
        try (SampledGroups sampled = new SampledGroups(log, 9)) {
            groups = sampled.publish("past", 24, 3);
        }
        config = Runs.of("audited", directory, SourceConfig.offline(List.of("past"), 1), null, 2);
        new TrainerService(log, config, InstantSource.system()).run();
    }

    @AfterAll
    static void stop() {
        log.close();
        embedded.close();
    }

    @Test
    void aCheckpointLeadsBackToEveryGroupCompletionScoreAndPolicyThatTouchedIt() {
        List<UsedGroup> used = new ArrayList<>();

        AuditReport report = new CheckpointAudit(log, checkpoint(6)).run(used::add);

        assertThat(report.faults()).isEmpty();
        assertThat(report.groups()).isEqualTo(24);
        assertThat(used)
                .extracting(u -> u.group().getGroupId())
                .containsExactlyInAnyOrderElementsOf(
                        groups.stream().map(ScoredGroup::getGroupId).toList());
        long completions = groups.stream().mapToLong(g -> g.getMembers().size()).sum();
        assertThat(report.completions()).isEqualTo(completions);
        assertThat(report.scorers()).containsExactly(entry("even@2", completions));
        assertThat(report.policyVersions().get("past")).containsExactly(entry(3L, completions));
        assertThat(report.chain()).containsExactly(checkpoint(4), checkpoint(2));
        assertThat(report.missing()).isNull();
    }

    @Test
    void anEarlierCheckpointWasTouchedByTheStepsBeforeItOnly() {
        AuditReport report = new CheckpointAudit(log, checkpoint(2)).run(used -> {});

        assertThat(report.holds()).isTrue();
        assertThat(report.groups()).isEqualTo(8);
    }

    @Test
    void aCompletionLeadsForwardToTheStepThatLearnedFromIt() {
        String completion = groups.get(5).getMembers().get(1).getCompletionId();

        CompletionTrace trace = CompletionTrace.of(log, completion);

        assertThat(trace.groups().values()).containsExactly(groups.get(5));
        assertThat(trace.steps()).singleElement().satisfies(use -> {
            assertThat(use.runId()).isEqualTo("audited");
            assertThat(use.step()).isBetween(1L, 6L);
        });
        assertThat(CompletionTrace.of(log, "nobody").steps()).isEmpty();
    }

    @Test
    void aFileThatWasChangedAfterwardsIsNamed() throws Exception {
        Path copy = copy(checkpoint(6), directory.resolve("tampered/step-00000006"));
        Files.writeString(copy.resolve("trainer-state.json"), "{}");

        assertThatThrownBy(() -> new CheckpointAudit(log, copy).run(used -> {}))
                .isInstanceOf(RunCheckpointException.class)
                .hasMessageContaining("trainer-state.json");
    }

    @Test
    void aCheckpointThatWasReplacedBreaksTheChain() throws Exception {
        Path folder = directory.resolve("replaced");
        for (int step : List.of(2, 4, 6)) {
            copy(checkpoint(step), folder.resolve("step-0000000" + step));
        }
        Path manifest = folder.resolve("step-00000004/manifest.json");
        Files.writeString(manifest, Files.readString(manifest) + " ");

        AuditReport report = new CheckpointAudit(log, folder.resolve("step-00000006")).run(used -> {});

        assertThat(report.chain()).isEmpty();
        assertThat(report.missing())
                .isEqualTo(CheckpointFolder.open(checkpoint(4)).sha256());
        assertThat(report.faults())
                .singleElement()
                .asString()
                .startsWith(
                        "step-00000006 names " + report.missing() + " as the checkpoint before it, but step-00000004");
        assertThat(new CheckpointAudit(log, folder.resolve("step-00000004"))
                        .run(used -> {})
                        .faults())
                .containsAll(report.faults())
                .anySatisfy(found -> assertThat(found).startsWith(MANIFEST));
    }

    @Test
    void aFileThatNoStepChangesIsWhatTheCheckpointsBeforeItHave() throws Exception {
        Path folder = directory.resolve("companions");
        copy(checkpoint(4), folder.resolve("step-00000004"));
        Path last = copy(checkpoint(6), folder.resolve("step-00000006"));
        assertThat(new CheckpointAudit(log, last).run(used -> {}).unproven())
                .as("the ledger vouches for the manifest")
                .isEmpty();
        Path config = last.resolve("config.json");
        Files.writeString(config, Files.readString(config) + "\n");
        fit(last, "config.json");

        assertThat(new CheckpointAudit(log, last).run(used -> {}).faults())
                .hasSize(2)
                .anySatisfy(found -> assertThat(found).startsWith(MANIFEST))
                .contains("config.json is another than in step-00000004, though no step changes it");

        Path alone = copy(last, directory.resolve("alone/step-00000006"));
        assertThat(new CheckpointAudit(log, alone).run(used -> {}).unproven())
                .contains("config.json", "optimizer.safetensors");
    }

    @Test
    void aFileThatTheManifestDoesNotListIsNamed() throws Exception {
        Path copy = copy(checkpoint(6), directory.resolve("unlisted/step-00000006"));
        Files.writeString(copy.resolve("generation.json"), "{}");
        assertThat(new CheckpointAudit(log, copy).run(used -> {}).faults())
                .containsExactly("generation.json is in the folder, and the manifest does not list it");
    }

    @Test
    void aMetricThatWasTakenOutIsMissedAndOneThatWasAddedIsNamed() throws Exception {
        Path copy = copy(checkpoint(6), directory.resolve("metrics/step-00000006"));
        ObjectMapper json = new ObjectMapper();
        ObjectNode state = (ObjectNode) json.readTree(Files.readString(copy.resolve("trainer-state.json")));
        ((ObjectNode) state.get("metrics")).put("zzz", 0.5).remove("reward.mean");
        Files.writeString(copy.resolve("trainer-state.json"), json.writeValueAsString(state));
        fit(copy);
        AuditReport report = new CheckpointAudit(log, copy).run(used -> {});
        assertThat(report.faults())
                .hasSize(2)
                .anySatisfy(found -> assertThat(found).startsWith(MANIFEST))
                .anySatisfy(found -> assertThat(found).startsWith("the metric reward.mean of step 6"));
        assertThat(report.unproven()).contains("metric zzz");

        Files.writeString(copy.resolve("trainer-state.json"), json.writeValueAsString(state.put("foo", 1)));
        fit(copy);
        assertThatThrownBy(() -> new CheckpointAudit(log, copy).run(used -> {}))
                .hasMessageEndingWith("trainer-state.json is none that this version writes: unknown key 'foo'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"optimizer.safetensors", "config.json", "tokenizer.json"})
    void aFileThatWasChangedIsFoundOutThoughItsHashWasMadeToFit(String file) throws Exception {
        Path copy = copy(checkpoint(6), directory.resolve("changed-" + file + "/step-00000006"));
        byte[] bytes = Files.readAllBytes(copy.resolve(file));
        bytes[bytes.length - 1] ^= 1;
        Files.write(copy.resolve(file), bytes);
        fit(copy, file);

        assertThat(new CheckpointAudit(log, copy).run(used -> {}).faults())
                .singleElement()
                .asString()
                .startsWith(MANIFEST);
    }

    @Test
    void whatTheManifestNoLongerListsOrNeverDidIsFoundOut() throws Exception {
        Path copy = copy(checkpoint(6), directory.resolve("delisted/step-00000006"));
        ObjectMapper json = new ObjectMapper();
        Path manifest = copy.resolve("manifest.json");
        ObjectNode changed = (ObjectNode) json.readTree(Files.readString(manifest));
        ((ObjectNode) changed.get("files")).remove("tokenizer.json");
        Files.writeString(manifest, json.writeValueAsString(changed.put("previous", "1".repeat(64))));
        Files.writeString(copy.resolve("note.txt"), "mine");

        assertThat(new CheckpointAudit(log, copy).run(used -> {}).faults())
                .anySatisfy(found -> assertThat(found).startsWith(MANIFEST))
                .contains(
                        "note.txt is in the folder, and the manifest does not list it",
                        "tokenizer.json is in the folder, and the manifest does not list it");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "positions   | the positions after the groups",
                "groupsUsed  | the groups used in the ledger and in the checkpoint: 24 does not equal 25",
                "seed        | the seed in the ledger's settings",
                "gradientNorm | the gradient norm of step 6",
                "loss        | the loss of step 6",
                "ledgerOffset | where step 6 stands in the ledger",
                "metrics     | the metric reward.mean of step 6"
            })
    void aStateThatWasChangedIsFoundOutByTheLedgerThoughItsHashWasMadeToFit(String field, String fault)
            throws Exception {
        Path copy = copy(checkpoint(6), directory.resolve("forged-" + field + "/step-00000006"));
        ObjectMapper json = new ObjectMapper();
        ObjectNode state = (ObjectNode) json.readTree(Files.readString(copy.resolve("trainer-state.json")));
        ObjectNode changed =
                switch (field) {
                    case "positions" -> (ObjectNode) state.get("positions");
                    case "metrics" -> (ObjectNode) state.get("metrics");
                    default -> state;
                };
        String name =
                switch (field) {
                    case "positions" -> changed.fieldNames().next();
                    case "metrics" -> "reward.mean";
                    default -> field;
                };
        if (changed.get(name).isIntegralNumber()) {
            changed.put(name, changed.get(name).asLong() + 1);
        } else {
            changed.put(name, changed.get(name).asDouble() + 1);
        }
        Files.writeString(copy.resolve("trainer-state.json"), json.writeValueAsString(state));
        fit(copy);

        AuditReport report = new CheckpointAudit(log, copy).run(used -> {});

        assertThat(report.faults())
                .hasSize(2)
                .anySatisfy(found -> assertThat(found).startsWith(MANIFEST))
                .anySatisfy(found -> assertThat(found).startsWith(fault));
    }

    @Test
    void groupsOfTwoRecipesInARunOfBeforeAreNamed() {
        String run = "two-recipes";
        List<GroupPosition> positions = new ArrayList<>();
        List<ScoredGroup> two;
        try (SampledGroups sampled = new SampledGroups(log, 4)) {
            two = List.of(
                    sampled.group("elsewhere", 0, 300),
                    ScoredGroup.newBuilder(sampled.group("elsewhere", 0, 300))
                            .setRecipeSha256("11")
                            .build());
            two.forEach(sampled::publish);
        }
        try (LogReader<ScoredGroup> reader = new LogReader<>(log, Topic.SCORED_GROUPS, ScoredGroup.class)) {
            reader.read(reader.everything(), r -> two.stream()
                    .filter(group -> group.equals(r.value()))
                    .findFirst()
                    .ifPresent(
                            group -> positions.add(new GroupPosition(r.partition(), r.offset(), group.getGroupId()))));
        }
        assertThat(positions).hasSize(2);
        Path copy = forged(log, run, List.of(positions));

        assertThat(new CheckpointAudit(log, copy).run(used -> {}).faults()).anySatisfy(fault -> assertThat(fault)
                .startsWith("the run learned from groups that several recipes rewarded")
                .contains("even@00 (1 groups)", "even@11 (1 groups)"));
    }

    /** In topics of its own: whoever looks through all runs of a log finds such a run, too. */
    @Test
    void aRunThatLearnedFromAGroupTwiceInOnePassIsRefusedByAuditAndReplay() {
        List<GroupPosition> first =
                new LedgerReader(log).require("audited").planned().get(1L).getGroups();
        try (Log other = new Log(new LogConfig(
                embedded.config().bootstrapServers(),
                embedded.config().schemaRegistryUrl(),
                "twice-",
                4,
                1,
                Map.of()))) {
            other.createTopics();
            Path copy = forged(other, "twice", List.of(first, List.of(first.get(2))));

            assertThatThrownBy(() -> new CheckpointAudit(other, copy).run(used -> {}))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("the ledger of run twice contradicts itself")
                    .hasMessageContaining("group " + first.get(2).getGroupId())
                    .hasMessageContaining("was used in step 1 of the same pass already");
            assertThatThrownBy(() -> new Replay(other, ReplayRequest.of("twice"), TrainerListener.none()).run())
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("was used in step 1 of the same pass already");
        }
    }

    /** The checkpoint of step 6 as if it were of a run whose ledger has steps with these groups, written by an older version. */
    private static Path forged(Log to, String run, List<List<GroupPosition>> batches) {
        List<TrainingStep> entries = new ArrayList<>();
        entries.add(new TrainingStep(
                run, 0L, new LedgerReader(log).require("audited").started().orElseThrow()));
        for (List<GroupPosition> batch : batches) {
            entries.add(new TrainingStep(
                    run,
                    (long) entries.size(),
                    StepPlanned.newBuilder()
                            .setGroups(batch)
                            .setEpoch(0)
                            .setSeed(1)
                            .setLearningRate(1e-3)
                            .setPlannedAt(Instant.EPOCH)
                            .build()));
        }
        try (LedgerWriter writer = new LedgerWriter(to, run)) {
            writer.append(entries, List.of());
            Path copy = copy(checkpoint(6), directory.resolve(run + "/step-00000006"));
            ObjectMapper json = new ObjectMapper();
            ObjectNode state = (ObjectNode) json.readTree(Files.readString(copy.resolve("trainer-state.json")));
            state.put("runId", run);
            Files.writeString(copy.resolve("trainer-state.json"), json.writeValueAsString(state));
            fit(copy);
            return copy;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void fit(Path checkpoint) throws Exception {
        fit(checkpoint, "trainer-state.json");
    }

    private static void fit(Path checkpoint, String file) throws Exception {
        ObjectMapper json = new ObjectMapper();
        Path manifest = checkpoint.resolve("manifest.json");
        Path state = checkpoint.resolve(file);
        ObjectNode files = (ObjectNode) json.readTree(Files.readString(manifest));
        ((ObjectNode) files.path("files").path(file))
                .put("sha256", Sha256.of(state))
                .put("bytes", Files.size(state));
        Files.writeString(manifest, json.writeValueAsString(files));
    }

    private static Path checkpoint(int step) {
        return config.checkpointFolder().resolve("step-0000000" + step);
    }

    private static Path copy(Path from, Path to) throws Exception {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }
}
