package io.counterflow.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.report.RunSummary;
import io.counterflow.cli.run.RunStages;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import io.counterflow.trainer.replay.ReplayResult;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole pipeline, small: a real broker, a real model, real child processes that compile and run what it writes. */
class QuickstartTest {

    private static final QuickstartSettings SMALL =
            new QuickstartSettings(3, 8, new BasePolicy.Settings(32, 64, 2, 2, 20, 2e-3, 0.3));
    private static final List<String> LITTLE = List.of(
            "trainer.batch.groups=4",
            "trainer.evaluateEvery=0",
            "producer.groupsPerBatch=4",
            "producer.backPressure.stopAbove=8",
            "producer.backPressure.resumeBelow=4",
            "log.partitions=2");

    @TempDir
    private Path data;

    @Test
    void aRunIsMadeAndResumedAndReplayedToTheSameBytesWithAnotherBesideIt() throws Exception {
        RunFolders folders = new RunFolders(data);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        assertThatThrownBy(() -> quickstart(folders, "first", 7, new InterruptingAt("[4/6]")))
                .as("stopped while it trains, as by Ctrl-C")
                .isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(folders.newestUnfinished()).map(RunFolders.RunFolder::runId).contains("first");

        RunSummary first = quickstart(folders, "first", 7, said);
        RunSummary second = quickstart(folders, "second", 8, said);

        assertThat(folders.newestUnfinished()).isEmpty();
        assertThat(first.steps()).hasSize(3);
        assertThat(first.ended()).isTrue();
        assertThat(first.evaluations())
                .extracting(RunSummary.Evaluation::version)
                .containsExactly(0L, 3L);
        assertThat(first.evaluations())
                .allSatisfy(e -> assertThat(e.completions() + e.failures()).isEqualTo(16));
        assertThat(first.staleness().values().stream().mapToLong(n -> n).sum()).isEqualTo(3 * 4 * 4);
        assertThat(second.weightsSha256()).isNotEqualTo(first.weightsSha256());
        assertThat(folders.run("first").report()).isNotEmptyFile();
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("[6/6] report: " + folders.run("second").report());

        try (LogAccess access = LogAccess.open(new LogConfig(null, null, null, null, null, null), folders)) {
            for (RunSummary run : List.of(first, second)) {
                ReplayResult replayed =
                        new Replay(access.log(), ReplayRequest.of(run.runId()), TrainerListener.none()).run();
                assertThat(replayed.weightsSha256()).isEqualTo(run.weightsSha256());
                assertThat(replayed.identical()).isTrue();
            }
            everyCompletionIsScoredOnceAndInOneGroup(access);
        }
    }

    /** Interrupts whoever made it when the given text is written. */
    private static final class InterruptingAt extends ByteArrayOutputStream {
        private final String text;
        private final Thread maker = Thread.currentThread();
        private boolean done;

        private InterruptingAt(String text) {
            this.text = text;
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int length) {
            super.write(bytes, from, length);
            if (!done && toString(StandardCharsets.UTF_8).contains(text)) {
                done = true;
                maker.interrupt();
            }
        }
    }

    private static void everyCompletionIsScoredOnceAndInOneGroup(LogAccess access) {
        List<String> sampled = new ArrayList<>();
        List<String> scored = new ArrayList<>();
        List<String> grouped = new ArrayList<>();
        read(access, Topic.COMPLETIONS, Completion.class, c -> sampled.add(c.getCompletionId()));
        read(access, Topic.SCORES, Score.class, s -> scored.add(s.getCompletionId()));
        read(access, Topic.SCORED_GROUPS, ScoredGroup.class, g -> g.getMembers()
                .forEach(m -> grouped.add(m.getCompletionId())));
        Set<String> evaluated = new java.util.HashSet<>();
        read(access, Topic.COMPLETIONS, Completion.class, c -> {
            if (c.getPurpose() == Purpose.EVALUATION) {
                evaluated.add(c.getCompletionId());
            }
        });
        assertThat(sampled).doesNotHaveDuplicates();
        assertThat(scored).doesNotHaveDuplicates().isSubsetOf(sampled);
        assertThat(grouped).doesNotHaveDuplicates().isSubsetOf(scored);
        assertThat(grouped).containsAll(evaluated);
        assertThat(evaluated).hasSize(2 * 2 * 16);
        assertThat(scored.stream().collect(Collectors.toSet())).containsAll(grouped);
    }

    private static <T extends org.apache.avro.specific.SpecificRecord> void read(
            LogAccess access, Topic topic, Class<T> type, java.util.function.Consumer<T> each) {
        try (LogReader<T> reader = new LogReader<>(access.log(), topic, type)) {
            reader.read(reader.everything(), r -> each.accept(r.value()));
        }
    }

    private static RunSummary quickstart(RunFolders folders, String runId, long seed, ByteArrayOutputStream out)
            throws InterruptedException {
        ConfigFile user = ConfigFile.empty();
        for (String setting : LITTLE) {
            user = user.with(setting);
        }
        InstantSource clock = InstantSource.system();
        RunFolders.RunFolder run = folders.run(runId);
        return new RunStages(
                        folders,
                        run,
                        new Quickstart(SMALL, folders, run, user, seed, clock),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        clock,
                        false)
                .run(List.of());
    }
}
