package io.counterflow.cli.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.GZIPOutputStream;

/**
 * A file of JSON lines that is there whole or not at all: written to {@code NAME.part}, gzipped where the name ends with {@code .gz}, and renamed when it
 * is finished. Not thread-safe.
 */
final class WholeJsonLines implements Closeable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Path aside;
    private final Writer out;

    /** Begins the file; its folder is made where there is none. */
    WholeJsonLines(Path file) throws IOException {
        this.file = file;
        Files.createDirectories(file.toAbsolutePath().getParent());
        this.aside = file.resolveSibling(file.getFileName() + ".part");
        OutputStream bytes = Files.newOutputStream(aside);
        this.out = new OutputStreamWriter(
                file.toString().endsWith(".gz") ? new GZIPOutputStream(bytes, 1 << 16) : bytes, StandardCharsets.UTF_8);
    }

    void add(JsonNode line) throws IOException {
        out.write(JSON.writeValueAsString(line));
        out.write('\n');
    }

    /** Gives the file its name, in place of one that had it. */
    void finish() throws IOException {
        out.close();
        Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Throws away what is not finished. */
    @Override
    public void close() throws IOException {
        try {
            out.close();
        } finally {
            Files.deleteIfExists(aside);
        }
    }
}
