package io.counterflow.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {

    @TempDir
    Path folder;

    private static void write(WholeFile file, String text) throws IOException {
        file.out().write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aFileIsThereOnceItIsWholeAndNotBefore() throws Exception {
        Path path = folder.resolve("out");
        try (WholeFile file = WholeFile.create(path)) {
            write(file, "text");
            assertThat(path).doesNotExist();
            file.commit();
        }
        assertThat(path).hasContent("text");
        assertThat(folder).isDirectoryContaining("glob:**out").isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void whatWasThereStaysWhereTheNewIsNotFinished() throws Exception {
        Path path = Files.writeString(folder.resolve("out"), "old");
        try (WholeFile file = WholeFile.create(path)) {
            write(file, "ne");
        }
        assertThat(path).hasContent("old");
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aPartThatAKilledProcessLeftIsWrittenOver() throws Exception {
        Files.writeString(folder.resolve("out.part"), "much longer than what comes");
        Path path = folder.resolve("out");
        try (WholeFile file = WholeFile.create(path)) {
            write(file, "new");
            file.commit();
        }
        assertThat(path).hasContent("new");
    }

    @Test
    void twoDoNotWriteOneFileAtATime() throws Exception {
        Path path = folder.resolve("out");
        try (WholeFile file = WholeFile.create(path)) {
            assertThatThrownBy(() -> WholeFile.create(path)).hasMessageContaining("another command is writing");
            write(file, "first");
            file.commit();
        }
        assertThat(path).hasContent("first");
    }

    @Test
    void whatKeepsAFileFromBeingWrittenNamesItOnce() throws Exception {
        assertThatThrownBy(() -> WholeFile.write(folder, "text"))
                .hasMessage("cannot write " + folder + ": it is a folder");
        Path nowhere = folder.resolve("none").resolve("out");
        assertThatThrownBy(() -> WholeFile.write(nowhere, "text"))
                .hasMessage("cannot write " + nowhere + ": there is no folder " + folder.resolve("none"));
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> WholeFile.write(file.resolve("out"), "text"))
                .hasMessage("cannot write " + file.resolve("out") + ": Not a directory");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aDiskThatIsFullIsSaidWithTheFileThatIsOnIt() {
        Path full = Path.of("/dev/full");
        assertThatThrownBy(() -> WholeFile.write(full, "text"))
                .hasMessage("cannot write /dev/full: No space left on device");
    }

    @Test
    void aLinkStaysALink() throws Exception {
        Path real = Files.writeString(folder.resolve("real"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        try (WholeFile file = WholeFile.create(link)) {
            write(file, "new");
            file.commit();
        }
        assertThat(link).isSymbolicLink();
        assertThat(real).hasContent("new");
    }

    @Test
    void aDeviceIsWrittenToAsItIs() throws Exception {
        try (WholeFile file = WholeFile.create(Path.of("/dev/null"))) {
            write(file, "text");
            file.commit();
        }
        assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
    }
}
