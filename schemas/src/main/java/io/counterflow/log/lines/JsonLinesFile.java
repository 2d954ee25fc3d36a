package io.counterflow.log.lines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.LogException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A file with a JSON object on each line, gzipped or not, as {@link LineReader} and {@link StrictJson} read it. Empty lines are passed over.
 * Thread-safe.
 */
public final class JsonLinesFile {

    private final Path file;

    /** What is done with each line. */
    @FunctionalInterface
    public interface Line {
        /** @throws BadLineException where the object is not what it should be */
        void accept(ObjectNode object) throws BadLineException;
    }

    /** What is done with each line, where its number matters. */
    @FunctionalInterface
    public interface NumberedLine {
        /**
         * @param number from 1
         * @throws BadLineException where the object is not what it should be
         */
        void accept(long number, ObjectNode object) throws BadLineException;
    }

    public JsonLinesFile(Path file) {
        this.file = Objects.requireNonNull(file, "file");
    }

    /**
     * Hands over every line.
     *
     * @return the lines that are broken, in order
     * @throws LogException when the file cannot be read
     */
    public List<BadLine> read(Line each) {
        return read((number, object) -> each.accept(object));
    }

    private List<BadLine> read(NumberedLine each) {
        List<BadLine> bad = new ArrayList<>();
        try (LineReader in = LineReader.open(file)) {
            for (LineReader.Line line = in.next(); line != null; line = in.next()) {
                long number = line.number();
                if (line.isBlank()) {
                    continue;
                }
                try {
                    each.accept(number, object(line));
                } catch (BadLineException e) {
                    bad.add(new BadLine(number, e.getMessage()));
                }
            }
        } catch (NoSuchFileException e) {
            throw new LogException("there is no file " + file);
        } catch (NotJsonLinesException e) {
            throw new LogException(file + " " + e.getMessage());
        } catch (IOException e) {
            throw new LogException(e.getMessage(), e);
        }
        return List.copyOf(bad);
    }

    /**
     * The same, but where lines are broken and not to be skipped, that is an error.
     *
     * @throws BadLinesException naming them; the other lines have been handed over
     */
    public List<BadLine> read(OnBadLine onBadLine, Line each) {
        return readNumbered(onBadLine, (number, object) -> each.accept(object));
    }

    /** As {@link #read(OnBadLine, Line)}, with the lines' numbers. */
    public List<BadLine> readNumbered(OnBadLine onBadLine, NumberedLine each) {
        List<BadLine> bad = read(each);
        if (onBadLine == OnBadLine.FAIL && !bad.isEmpty()) {
            throw new BadLinesException(file, bad);
        }
        return bad;
    }

    /** One line by itself. */
    public static ObjectNode object(byte[] line) throws BadLineException {
        return object(new LineReader.Line(1, line, false));
    }

    private static ObjectNode object(LineReader.Line line) throws BadLineException {
        try {
            return StrictJson.object(line.text());
        } catch (BrokenLineException e) {
            throw new BadLineException(e.getMessage());
        }
    }

    /** A value as a message shows it. */
    public static String abbreviated(JsonNode node) {
        return StrictJson.abbreviated(node);
    }
}
