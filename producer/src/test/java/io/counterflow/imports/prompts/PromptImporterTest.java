package io.counterflow.imports.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.BadLinesException;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.producer.ProducerFixture;
import io.counterflow.schemas.Prompt;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SharedBroker.class)
class PromptImporterTest {

    private static final String LINES = """
            {"prompt": "one"}

            {"prompt": "two"
            {"prompt": "one", "level": 2}
            {"prompt": "three"}
            {"question": ""}""";

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
    }

    private static PromptImporter.Result importFile(ProducerFixture fixture, Path file, OnBadLine onBadLine) {
        return new PromptImporter(fixture.log(), InstantSource.system())
                .importFile(file, "t", Optional.of("train"), PromptColumns.usual(), onBadLine);
    }

    private static List<String> imported(ProducerFixture fixture) {
        List<String> texts = new ArrayList<>();
        try (LogReader<Prompt> reader = new LogReader<>(fixture.log(), Topic.PROMPTS, Prompt.class)) {
            reader.read(reader.everything(), r -> texts.add(r.value().getText()));
        }
        return texts;
    }

    @Test
    void theGoodLinesAreImportedAndTheBrokenOnesNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("some.jsonl"), LINES);
        try (ProducerFixture fixture = new ProducerFixture(embedded, "skip")) {
            PromptImporter.Result result = importFile(fixture, file, OnBadLine.SKIP);
            assertThat(imported(fixture)).containsExactlyInAnyOrder("one", "three");
            assertThat(result.lines()).isEqualTo(5);
            assertThat(result.imported()).isEqualTo(2);
            assertThat(result.duplicates()).isEqualTo(1);
            assertThat(result.otherMetadata()).isEqualTo(1);
            assertThat(result.badLines()).extracting(BadLine::number).containsExactly(3L, 6L);
        }
    }

    @Test
    void aFileWithBrokenLinesIsNotImportedAtAllWhenAskedSo() throws IOException {
        Path file = Files.writeString(directory.resolve("strict.jsonl"), LINES);
        try (ProducerFixture fixture = new ProducerFixture(embedded, "fail")) {
            assertThatThrownBy(() -> importFile(fixture, file, OnBadLine.FAIL))
                    .isInstanceOf(BadLinesException.class)
                    .hasMessageContaining("has 2 broken lines (line 3: not JSON")
                    .hasMessageContaining("line 6: 'question' is empty")
                    .hasMessageContaining("--on-bad-line skip");
            assertThat(imported(fixture)).isEmpty();
        }
    }

    @Test
    void aGzippedFileIsReadAsItIs() throws IOException {
        Path file = directory.resolve("packed.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("{\"prompt\": \"one\"}\n".getBytes(StandardCharsets.UTF_8));
        }
        try (ProducerFixture fixture = new ProducerFixture(embedded, "gzip")) {
            importFile(fixture, file, OnBadLine.FAIL);
            assertThat(imported(fixture)).containsExactly("one");
        }
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "missing")) {
            assertThatThrownBy(() -> importFile(fixture, directory.resolve("no.jsonl"), OnBadLine.FAIL))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("no.jsonl");
        }
    }
}
