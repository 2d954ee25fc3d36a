package io.counterflow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaFormatter;
import org.apache.avro.SchemaValidator;
import org.apache.avro.SchemaValidatorBuilder;
import org.apache.avro.specific.SpecificData;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every released version of every schema is kept under {@code history}, as {@code <Name>/v<number>.avsc}. */
class SchemaHistoryTest {

    private static final Path HISTORY = Path.of("src/test/resources/history");

    /** FULL_TRANSITIVE: a new reader replays the whole log, an old one reads on during a rolling restart. */
    @ParameterizedTest
    @EnumSource(Topic.class)
    void theCurrentSchemaReadsEveryPastOneAndIsReadByEveryPastOne(Topic topic) throws IOException {
        Schema current = current(topic);
        SchemaValidator full = new SchemaValidatorBuilder().mutualReadStrategy().validateAll();
        assertThatCode(() -> full.validate(current, history(current.getName())))
                .as("a new field needs a default, and no field without one may go")
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @EnumSource(Topic.class)
    void theNewestVersionInTheHistoryIsTheCurrentSchema(Topic topic) throws IOException {
        Schema current = current(topic);
        List<Schema> history = history(current.getName());
        Path next = Path.of("target/history", current.getName(), "v" + (history.size() + 1) + ".avsc");
        boolean same = !history.isEmpty() && history.get(history.size() - 1).equals(current);
        if (!same) {
            Files.createDirectories(next.getParent());
            Files.writeString(next, SchemaFormatter.format("json/pretty", current) + "\n");
        }
        assertThat(same)
                .as("the schema of %s changed: copy schemas/%s to schemas/%s", current.getName(), next, HISTORY)
                .isTrue();
    }

    private static Schema current(Topic topic) {
        return PublishedSchema.of(SpecificData.get().getSchema(topic.recordType()));
    }

    private static List<Schema> history(String name) throws IOException {
        List<Schema> versions = new ArrayList<>();
        Path folder = HISTORY.resolve(name);
        for (int v = 1; Files.exists(folder.resolve("v" + v + ".avsc")); v++) {
            versions.add(new Schema.Parser().parse(Files.readString(folder.resolve("v" + v + ".avsc"))));
        }
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files)
                        .as("files of %s numbered without a gap", folder)
                        .hasSize(versions.size());
            }
        }
        return versions;
    }
}
