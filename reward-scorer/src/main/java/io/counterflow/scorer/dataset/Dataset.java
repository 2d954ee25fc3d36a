package io.counterflow.scorer.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.files.FileAccessException;
import io.counterflow.files.Sha256;
import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.BrokenLineException;
import io.counterflow.log.lines.LineReader;
import io.counterflow.log.lines.NotJsonLinesException;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.log.lines.StrictJson;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The examples of a file.
 *
 * @param <E> kind of example
 * @param examples in the order of the file
 * @param badLines lines that are none
 * @param sha256 of the file as it is on the disk, in hexadecimal
 */
public record Dataset<E extends Example>(List<E> examples, List<BadLine> badLines, String sha256) {

    private static final int SHOWN = 5;

    /** Copies the lists. */
    public Dataset {
        examples = List.copyOf(examples);
        badLines = List.copyOf(badLines);
    }

    /** {@code {"prompt", "chosen", "rejected"}} a line; texts or chat messages, see {@link ExampleLines#pair}. */
    public static Dataset<PreferencePair> pairs(Path file, OnBadLine onBadLine) {
        return read(file, ExampleLines::pair, onBadLine);
    }

    /** {@code {"text", "label"}} or {@code {"prompt", "completion", "label"}} a line. */
    public static Dataset<LabelledText> labels(Path file, OnBadLine onBadLine) {
        return read(file, ExampleLines::labelled, onBadLine);
    }

    /** {@code {"premise", "hypothesis", "label"}} a line. */
    public static Dataset<NliPair> nli(Path file, OnBadLine onBadLine) {
        return read(file, ExampleLines::nli, onBadLine);
    }

    /**
     * Reads a file of JSON lines, gzipped or not.
     *
     * @throws DatasetException when it cannot be read, has no example, or has broken lines that are not to be skipped
     */
    private static <E extends Example> Dataset<E> read(Path file, Function<JsonNode, E> format, OnBadLine onBadLine) {
        List<E> examples = new ArrayList<>();
        List<BadLine> bad = new ArrayList<>();
        String sha256;
        try (DigestInputStream raw = new DigestInputStream(Files.newInputStream(file), Sha256.digest())) {
            LineReader lines = LineReader.of(raw, file);
            for (LineReader.Line line = lines.next(); line != null; line = lines.next()) {
                long number = line.number();
                if (line.isBlank()) {
                    continue;
                }
                try {
                    examples.add(format.apply(StrictJson.object(line.text())));
                } catch (BrokenLineException | IllegalArgumentException e) {
                    bad.add(new BadLine(number, e.getMessage()));
                }
            }
            raw.transferTo(OutputStream.nullOutputStream());
            sha256 = Sha256.hex(raw.getMessageDigest());
        } catch (NoSuchFileException e) {
            throw new DatasetException("there is no file " + file);
        } catch (NotJsonLinesException e) {
            throw new DatasetException(file + " " + e.getMessage());
        } catch (IOException e) {
            throw new DatasetException(FileAccessException.reading(file, 0, e).getMessage(), e);
        }
        if (!bad.isEmpty() && onBadLine == OnBadLine.FAIL) {
            throw new DatasetException(describe(file, bad));
        }
        if (examples.isEmpty()) {
            throw new DatasetException(file + " has no example");
        }
        return new Dataset<>(examples, bad, sha256);
    }

    private static String describe(Path file, List<BadLine> bad) {
        return file + " has " + (bad.size() == 1 ? "a broken line" : bad.size() + " broken lines") + ": "
                + bad.stream().limit(SHOWN).map(BadLine::toString).collect(Collectors.joining("; "))
                + (bad.size() > SHOWN ? "; ..." : "")
                + "; mend the file, or leave such lines out with --on-bad-line skip";
    }
}
