package io.counterflow.cli.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.counterflow.cli.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.checkpoint.CheckpointException;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.replay.AuditReport;
import io.counterflow.trainer.replay.CheckpointAudit;
import io.counterflow.trainer.replay.CompletionTrace;
import io.counterflow.trainer.replay.UsedGroup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditTest {

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
                .isInstanceOf(CheckpointException.class)
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
