package io.counterflow.cli.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.source.SourceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianDescriptionTest {

    private static final String LONG =
            " Sorts what was put in, in the order in which it should have been put in, and says so on the standard\n"
                    + " output when that is done.";

    private static List<DebianDescription> parse(String index) throws IOException {
        return DebianDescription.parse(new BufferedReader(new StringReader(index)));
    }

    private static String stanza(String name, String summary, String text) {
        return "Package: " + name + "\nDescription-md5: 00\nDescription-en: " + summary + "\n" + text + "\n";
    }

    @Test
    void theFirstParagraphIsTheDocumentAndTheSynopsisItsSummary() throws IOException {
        List<DebianDescription> read = parse(stanza("tidy", "puts things in order", LONG + "\n .\n Second paragraph.")
                + "\n" + stanza("short", "too short", " Does it.")
                + "\n" + stanza("tidy-data", "another package, same words", LONG)
                + "\n" + stanza("long", "too long", " " + "word ".repeat(200)));

        assertThat(read).singleElement().satisfies(d -> {
            assertThat(d.id()).isEqualTo("tidy");
            assertThat(d.summary()).isEqualTo("puts things in order");
            assertThat(d.document())
                    .startsWith("Sorts what was")
                    .endsWith("when that is done.")
                    .doesNotContain("\n");
            assertThat(d.prompt()).endsWith("done.\nTL;DR:");
            assertThat(d.completion()).isEqualTo(" puts things in order");
        });
    }

    @Test
    void whichFileADocumentGoesToDependsOnItAlone(@TempDir Path folder) throws IOException {
        List<DebianDescription> all = IntStream.range(0, 200)
                .mapToObj(i -> new DebianDescription("p" + i, "document number " + i, "s"))
                .toList();
        SplitFiles.Counts counts = new SplitFiles(folder.resolve("a"), 0.2, 1).write(all);
        assertThat(counts.training() + counts.validation()).isEqualTo(200);
        assertThat(counts.validation()).isBetween(20, 60);
        new SplitFiles(folder.resolve("b"), 0.2, 1).write(all.subList(50, 200));
        List<String> of200 = ids(folder.resolve("a/validation.jsonl.gz"));
        List<String> of150 = ids(folder.resolve("b/validation.jsonl.gz"));
        assertThat(of200).containsAll(of150);
        assertThat(ids(folder.resolve("a/train.jsonl.gz")))
                .as("in an order that does not depend on what else there is, nor on the names")
                .containsSubsequence(ids(folder.resolve("b/train.jsonl.gz")))
                .isNotEqualTo(all.stream()
                        .map(DebianDescription::id)
                        .filter(id -> !of200.contains(id))
                        .toList());
        new SplitFiles(folder.resolve("c"), 0.2, 2).write(all);
        assertThat(ids(folder.resolve("c/validation.jsonl.gz")))
                .as("another seed")
                .isNotEqualTo(of200);
    }

    @Test
    void aMachineWithoutAptIsTold(@TempDir Path folder) {
        assertThatThrownBy(() -> new AptDescriptions("no-such-apt-get").fetch(folder.resolve("apt")))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("cannot run no-such-apt-get")
                .hasMessageContaining("Debian or Ubuntu");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatAptSaysOfItsFailureIsPassedOnAndNothingIsLeft(@TempDir Path folder) throws IOException {
        Path apt = Files.writeString(folder.resolve("apt-get"), """
                #!/bin/sh
                echo "Err:1 http://deb.example stable InRelease"
                echo "E: Unable to fetch some archives" >&2
                exit 100
                """);
        assertThat(apt.toFile().setExecutable(true)).isTrue();
        Path work = folder.resolve("work");
        Files.createDirectories(work.resolve("left-by-a-killed-process"));

        assertThatThrownBy(() -> new AptDescriptions(apt.toString()).fetch(work))
                .isInstanceOf(SourceException.class)
                .hasMessageEndingWith("update failed with exit code 100: Err:1 http://deb.example stable InRelease;"
                        + " E: Unable to fetch some archives");
        assertThat(work).doesNotExist();
    }

    private static List<String> ids(Path file) throws IOException {
        ObjectMapper json = new ObjectMapper();
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            return reader.lines()
                    .map(line -> {
                        try {
                            return json.readTree(line).path("id").asText();
                        } catch (IOException e) {
                            throw new AssertionError(line, e);
                        }
                    })
                    .toList();
        }
    }
}
