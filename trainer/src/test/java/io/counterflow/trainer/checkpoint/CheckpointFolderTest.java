package io.counterflow.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.files.Sha256;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFolderTest {

    @TempDir
    Path directory;

    private CheckpointFolder checkpoints;

    @BeforeEach
    void open() {
        checkpoints = new CheckpointFolder(directory);
    }

    @Test
    void aCheckpointHoldsTheHashOfEveryFileAndOfTheCheckpointBefore() throws IOException {
        Checkpoint first = write(10, null, "abc");
        Checkpoint second = write(20, first.sha256(), "abd");

        assertThat(second.manifest().previous())
                .isEqualTo(Sha256.of(first.folder().resolve("manifest.json")));
        assertThat(second.manifest().files()).containsOnlyKeys("weights");
        assertThat(second.manifest().files().get("weights"))
                .isEqualTo(new Manifest.Entry("a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9", 3));
        assertThat(newest()).hasValueSatisfying(c -> assertThat(c).isEqualTo(second));
    }

    @Test
    void theSameContentsMakeTheSameCheckpoint() {
        Checkpoint here = write(10, null, "abc");
        Checkpoint there = new CheckpointFolder(directory.resolve("other"))
                .write(10, null, folder -> Files.writeString(folder.resolve("weights"), "abc"));

        assertThat(there.sha256()).isEqualTo(here.sha256());
    }

    @Test
    void damageOfAnyKindIsNamedAndTheCheckpointBeforeIsUsed() throws IOException {
        write(10, null, "abc");
        List<String> refusals = new ArrayList<>();
        Checkpoint cut = write(20, null, "abc");
        Files.writeString(cut.file("weights"), "ab");
        Checkpoint flipped = write(30, null, "abc");
        Files.writeString(flipped.file("weights"), "abx");
        Checkpoint lost = write(40, null, "abc");
        Files.delete(lost.file("weights"));
        Checkpoint unnamed = write(50, null, "abc");
        Files.delete(unnamed.file("manifest.json"));

        assertThat(checkpoints.newest(refusals::add))
                .hasValueSatisfying(c -> assertThat(c.step()).isEqualTo(10));

        assertThat(refusals)
                .satisfiesExactly(
                        r -> assertThat(r).contains("step-00000050", "no manifest.json"),
                        r -> assertThat(r).contains("step-00000040", "weights is missing"),
                        r -> assertThat(r).contains("step-00000030", "another SHA-256"),
                        r -> assertThat(r).contains("step-00000020", "has 2 bytes, the manifest says 3"));
    }

    @Test
    void aRefusedCheckpointIsKeptAsideWhenItsStepIsWrittenAgain() throws IOException {
        Checkpoint damaged = write(10, null, "abc");
        Files.writeString(damaged.file("weights"), "abx");

        Checkpoint again = write(10, null, "abc");

        assertThat(newest()).contains(again);
        assertThat(directory.resolve("refused-step-00000010-1").resolve("weights"))
                .hasContent("abx");
    }

    @Test
    void aGoodCheckpointOfTheSameContentsStaysWhereItIs() {
        Checkpoint first = write(10, null, "abc");

        assertThat(write(10, null, "abc")).isEqualTo(first);
        assertThat(directory).isDirectoryNotContaining("glob:**refused*");
    }

    @Test
    void aCheckpointThatCannotBeWrittenLeavesTheOthersAndNothingOfItself() {
        Checkpoint before = write(10, null, "abc");

        assertThatThrownBy(() -> checkpoints.write(20, before.sha256(), folder -> {
                    Files.writeString(folder.resolve("weights"), "half");
                    throw new FileSystemException("weights", null, "No space left on device");
                }))
                .isInstanceOf(RunCheckpointException.class)
                .hasMessageContaining("step 20")
                .hasMessageContaining("No space left on device")
                .hasMessageContaining("Make room");

        assertThat(newest()).contains(before);
        assertThat(directory).isDirectoryNotContaining("glob:**.writing*");
    }

    @Test
    void onlyTheLastAndTheRoundOnesAreKept() {
        for (int step = 5; step <= 40; step += 5) {
            write(step, null, "abc");
        }

        checkpoints.prune(2, 20, 0);

        assertKept("step-00000040", "step-00000035", "step-00000020");
    }

    @Test
    void asManyOfThoseThatAProducerEvaluatesAreKeptForItToComeTo() {
        for (int step = 5; step <= 50; step += 5) {
            write(step, null, "abc");
        }

        checkpoints.prune(2, 0, 15);

        assertKept("step-00000050", "step-00000045", "step-00000030");
    }

    @Test
    void whatATrainerKilledWhileItDeletesLeavesIsNoCheckpointAndGoesWithTheNextStart() throws IOException {
        write(10, null, "abc");
        Files.move(directory.resolve("step-00000010"), directory.resolve(".pruned-step-00000010"));
        write(20, null, "abc");

        assertKept("step-00000020");
        checkpoints.clearUnfinished();

        assertThat(directory).isDirectoryNotContaining("glob:**.pruned*");
        assertKept("step-00000020");
    }

    private void assertKept(String... names) {
        assertThat(checkpoints.candidates())
                .extracting(p -> p.getFileName().toString())
                .containsExactly(names);
    }

    @Test
    void aFolderHasOneTrainer() {
        RunLock lock = RunLock.tryAcquire(directory).orElseThrow();

        assertThat(RunLock.tryAcquire(directory)).isEmpty();
        assertThat(RunLock.owner(directory))
                .isEqualTo(String.valueOf(ProcessHandle.current().pid()));

        lock.close();
        RunLock.tryAcquire(directory).orElseThrow().close();
    }

    private Checkpoint write(long step, String previous, String weights) {
        return checkpoints.write(step, previous, folder -> Files.writeString(folder.resolve("weights"), weights));
    }

    private Optional<Checkpoint> newest() {
        return checkpoints.newest(reason -> {
            throw new AssertionError(reason);
        });
    }
}
