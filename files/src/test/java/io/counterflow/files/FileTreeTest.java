package io.counterflow.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class FileTreeTest {
    @TempDir
    Path folder;

    @Test
    void aFolderIsDeletedWithEverythingInIt() throws IOException {
        Path tree = Files.createDirectories(folder.resolve("tree/inner/empty")).getParent();
        Files.writeString(tree.resolve("file"), "text");
        FileTree.delete(folder.resolve("tree"));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatIsNotThereIsFine() throws IOException {
        FileTree.delete(folder.resolve("nothing"));
        FileTree.sync(folder.resolve("nothing"));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whatALinkLeadsToStays() throws IOException {
        Path kept = Files.createDirectory(folder.resolve("kept"));
        Path file = Files.writeString(kept.resolve("file"), "text");
        Path tree = Files.createDirectory(folder.resolve("tree"));
        Files.createSymbolicLink(tree.resolve("folder"), kept);
        Files.createSymbolicLink(tree.resolve("file"), file);
        Files.createSymbolicLink(tree.resolve("nowhere"), folder.resolve("nothing"));
        FileTree.sync(tree);
        FileTree.delete(tree);
        FileTree.delete(Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nothing")));
        assertThat(file).hasContent("text");
        assertThat(folder).isDirectoryNotContaining("glob:**{tree,link}");
    }

    @Test
    void everythingIsSyncedBeforeTheFolderThatNamesIt() throws IOException {
        Path inner = Files.createDirectories(folder.resolve("tree/inner"));
        Files.writeString(inner.resolve("file"), "text");
        List<String> synced = new ArrayList<>();
        FileTree.sync(
                folder.resolve("tree"),
                path -> synced.add(folder.relativize(path).toString().replace('\\', '/')));
        assertThat(synced).containsExactly("tree/inner/file", "tree/inner", "tree");
    }

    /** As a copy of one is: a download's, say. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aFileThatMayNotBeWrittenIsSynced() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "text");
        assertThat(file.toFile().setReadOnly()).isTrue();
        FileTree.syncOne(file);
        FileTree.sync(folder);
    }
}
