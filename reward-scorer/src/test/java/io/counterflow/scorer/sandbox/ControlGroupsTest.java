package io.counterflow.scorer.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlGroupsTest {

    @TempDir
    private Path folder;

    /** A folder in which anything can be made bounds nothing: the kernel's files are not in it. */
    @Test
    void aFolderThatIsNoFileSystemOfControlGroupsHasNone() throws Exception {
        Files.createDirectories(folder.resolve("memory"));
        Files.createDirectories(folder.resolve("pids"));
        Path membership = Files.writeString(folder.resolve("membership"), "4:memory:/\n8:pids:/\n0::/\n");

        assertThat(ControlGroups.find(folder, membership)).isEmpty();
        assertThat(folder.resolve("memory")).isEmptyDirectory();
    }
}
