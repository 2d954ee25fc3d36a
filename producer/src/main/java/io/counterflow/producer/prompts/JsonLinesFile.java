package io.counterflow.producer.prompts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.LogException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** A file with a JSON object on each line, gzipped or not. Empty lines are passed over. Thread-safe. */
public final class JsonLinesFile {

    private static final int SHOWN = 60;

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final Path file;

    /** What is done with each line. */
    @FunctionalInterface
    public interface Line {
        /** @throws BadLineException where the object is not what it should be */
        void accept(ObjectNode object) throws BadLineException;
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
        List<BadLine> bad = new ArrayList<>();
        long number = 0;
        try (InputStream in = open()) {
            for (byte[] line = nextLine(in); line != null; line = nextLine(in)) {
                number++;
                if (new String(line, StandardCharsets.UTF_8).isBlank()) {
                    continue;
                }
                try {
                    each.accept(object(line));
                } catch (BadLineException e) {
                    bad.add(new BadLine(number, e.getMessage()));
                }
            }
        } catch (NoSuchFileException e) {
            throw new LogException("there is no file " + file);
        } catch (IOException e) {
            throw new LogException("cannot read " + file + " after line " + number + ": " + e, e);
        }
        return List.copyOf(bad);
    }

    /**
     * The same, but where lines are broken and not to be skipped, that is an error.
     *
     * @throws BadLinesException naming them; the other lines have been handed over
     */
    public List<BadLine> read(OnBadLine onBadLine, Line each) {
        List<BadLine> bad = read(each);
        if (onBadLine == OnBadLine.FAIL && !bad.isEmpty()) {
            throw new BadLinesException(file, bad);
        }
        return bad;
    }

    /** One line; package-private for parsers' tests. */
    static ObjectNode object(byte[] line) throws BadLineException {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new BadLineException(
                    "not JSON: " + e.getOriginalMessage().replaceFirst(" \\(start marker at .*", ""));
        } catch (IOException e) {
            throw new BadLineException("not JSON in UTF-8: " + e.getMessage());
        }
        if (!(node instanceof ObjectNode object)) {
            throw new BadLineException("not a JSON object, but " + abbreviated(node));
        }
        return object;
    }

    /** A value as a message shows it. */
    public static String abbreviated(JsonNode node) {
        String text = node.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN - 3) + "...";
    }

    private InputStream open() throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        in.mark(2);
        boolean gzipped = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return gzipped ? new BufferedInputStream(new GZIPInputStream(in), 1 << 16) : in;
    }

    private static byte[] nextLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
        int read = in.read();
        if (read < 0) {
            return null;
        }
        for (; read >= 0 && read != '\n'; read = in.read()) {
            line.write(read);
        }
        return line.toByteArray();
    }
}
