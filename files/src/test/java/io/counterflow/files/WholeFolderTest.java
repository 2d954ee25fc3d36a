package io.counterflow.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFolderTest {
    @TempDir
    Path parent;

    private Path folder;

    @BeforeEach
    void name() {
        folder = parent.resolve("made");
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aFolderIsThereOnceItIsFilledAndNotBefore() {
        WholeFolder.create(folder, aside -> {
            write(aside.resolve("config.json"), "{}");
            assertThat(folder).doesNotExist();
        });
        assertThat(folder.resolve("config.json")).hasContent("{}");
        assertThat(parent).isDirectoryNotContaining("glob:**.part");
    }

    /** Neither small files nor the name of the folder itself may be lost with the power. */
    @Test
    void everythingIsOnTheDiskBeforeTheFolderHasItsNameAndThenTheName() {
        List<String> events = new ArrayList<>();
        WholeFolder.create(
                folder,
                aside -> {
                    write(aside.resolve("config.json"), "{}");
                    write(aside.resolve("templates/tool.jinja"), "text");
                },
                path -> events.add((Files.exists(folder) ? "named: " : "aside: ") + path.getFileName()));
        assertThat(events)
                .containsExactlyInAnyOrder(
                        "aside: config.json",
                        "aside: tool.jinja",
                        "aside: templates",
                        "aside: made.part",
                        "named: " + parent.getFileName());
        assertThat(events.indexOf("aside: made.part")).isEqualTo(3);
        assertThat(events.get(4)).startsWith("named");
    }

    @Test
    void whatCannotBeSyncedIsNotThere() {
        assertThatThrownBy(() -> WholeFolder.create(folder, aside -> write(aside.resolve("a"), "a"), path -> {
                    throw new IOException("the disk is full");
                }))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("cannot make the folder " + folder)
                .hasRootCauseMessage("the disk is full");
        assertThat(folder).doesNotExist();
        assertThat(parent).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aFailureLeavesNothing() {
        assertThatThrownBy(() -> WholeFolder.create(folder, aside -> {
                    write(aside.resolve("a"), "a");
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(folder).doesNotExist();
        assertThat(parent).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void whatAKilledProcessLeftIsNoPartOfIt() {
        write(parent.resolve("made.part/old"), "old");
        WholeFolder.create(folder, aside -> write(aside.resolve("new"), "new"));
        assertThat(folder).isDirectoryContaining("glob:**new").isDirectoryNotContaining("glob:**old");
    }

    @Test
    void aFolderThatIsThereIsNotFilledAgain() {
        write(folder.resolve("a"), "a");
        WholeFolder.create(folder, aside -> {
            throw new IllegalStateException("filled again");
        });
        assertThat(folder.resolve("a")).hasContent("a");
    }

    @Test
    void anotherThreadOfTheProcessIsToldThatItIsBeingMade() {
        WholeFolder.create(folder, aside -> assertThatThrownBy(() -> WholeFolder.create(folder, second -> {}))
                .isInstanceOf(UncheckedIOException.class)
                .cause()
                .hasMessage("another thread is making it"));
        assertThat(folder).isEmptyDirectory();
    }
}
