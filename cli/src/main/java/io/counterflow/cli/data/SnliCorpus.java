package io.counterflow.cli.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.files.Sha256;
import io.counterflow.model.source.DownloadListener;
import io.counterflow.model.source.SourceException;
import io.counterflow.model.source.WebFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * The corpus as its authors distribute it: an archive with a file of JSON lines for each split, {@code sentence1}, {@code sentence2} and {@code gold_label}
 * in each.
 *
 * @param address of the archive
 * @param size of the archive in bytes
 * @param sha256 of the archive, in hexadecimal
 */
record SnliCorpus(URI address, long size, String sha256) {

    /** Size and hash as TensorFlow Datasets, Hugging Face Datasets and ParlAI (hash alone) record them. */
    static final SnliCorpus PUBLISHED = new SnliCorpus(
            URI.create("https://nlp.stanford.edu/projects/snli/snli_1.0.zip"),
            94_550_081,
            "afb3d70a5af5d8de0d9d81e2637e0fb8c22d1235c2749d83125ca43dab0dbd3e");

    /** A part of the corpus. */
    enum Split {
        TRAIN,
        DEV,
        TEST;

        String spelled() {
            return name().toLowerCase(Locale.ROOT);
        }

        private String entry() {
            return "snli_1.0/snli_1.0_" + spelled() + ".jsonl";
        }
    }

    /**
     * Pairs written and left out.
     *
     * @param written with their labels
     * @param unlabelled whose annotators did not agree, or that lack a sentence
     */
    record Counts(long written, long unlabelled) {}

    /** The same archive at another address. */
    SnliCorpus at(URI mirror) {
        return new SnliCorpus(mirror, size, sha256);
    }

    /**
     * Fetches the archive unless it is in the folder.
     *
     * @return the archive
     * @throws SourceException when it cannot be had, or is another one
     */
    Path fetch(Path folder, DownloadListener listener) {
        Path archive = folder.resolve("snli_1.0.zip");
        new WebFile(address, size, sha256).fetch(archive, listener);
        return archive;
    }

    /**
     * Takes an archive that is here already.
     *
     * @return the same
     * @throws SourceException when it is not the one that was published
     */
    Path checked(Path archive) throws IOException {
        if (!Files.isRegularFile(archive)) {
            throw new SourceException("there is no file " + archive);
        }
        long actualSize = Files.size(archive);
        if (actualSize != size) {
            throw new SourceException("%s has %d bytes instead of %d; it is not SNLI 1.0, or was not fetched to its end"
                    .formatted(archive, actualSize, size));
        }
        String actual = Sha256.of(archive);
        if (!actual.equals(sha256)) {
            throw new SourceException("%s has the SHA-256 %s instead of %s; it is not SNLI 1.0 as it was published"
                    .formatted(archive, actual, sha256));
        }
        return archive;
    }

    /**
     * Writes the labelled pairs of a split as {@code premise}, {@code hypothesis}, {@code label}, straight from the archive.
     *
     * @param limit how many pairs at most
     * @param output there whole or not at all; gzipped where its name ends with {@code .gz}
     * @throws SourceException when the archive is damaged or lacks the split
     */
    static Counts write(Path archive, Split split, long limit, Path output) throws IOException {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            ZipEntry entry = zip.getEntry(split.entry());
            if (entry == null) {
                throw new SourceException("there is no %s in %s".formatted(split.entry(), archive));
            }
            try (InputStream in = zip.getInputStream(entry);
                    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
                    WholeJsonLines pairs = new WholeJsonLines(output)) {
                Counts counts = copy(lines, limit, pairs);
                pairs.finish();
                return counts;
            }
        } catch (ZipException e) {
            throw new SourceException("%s is no whole zip archive: %s".formatted(archive, e.getMessage()), e);
        } catch (JsonProcessingException e) {
            throw new SourceException(
                    "%s of %s has a line that is not JSON: %s"
                            .formatted(split.entry(), archive, e.getOriginalMessage()),
                    e);
        }
    }

    private static Counts copy(BufferedReader lines, long limit, WholeJsonLines pairs) throws IOException {
        ObjectMapper json = new ObjectMapper();
        long written = 0;
        long unlabelled = 0;
        for (String line = lines.readLine(); line != null && written < limit; line = lines.readLine()) {
            JsonNode original = json.readTree(line);
            String premise = original.path("sentence1").asText();
            String hypothesis = original.path("sentence2").asText();
            String label = original.path("gold_label").asText();
            if (label.equals("-") || premise.isBlank() || hypothesis.isBlank()) {
                unlabelled++;
                continue;
            }
            pairs.add(json.createObjectNode()
                    .put("premise", premise)
                    .put("hypothesis", hypothesis)
                    .put("label", label));
            written++;
        }
        return new Counts(written, unlabelled);
    }
}
