package io.counterflow.cli.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.files.WholeFile;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/**
 * A file of JSON lines that is there whole or not at all: written to {@code NAME.part}, gzipped where the name ends with {@code .gz}, and renamed when it
 * is finished. Not thread-safe.
 */
final class WholeJsonLines implements Closeable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final WholeFile file;
    private final Writer out;

    /** Begins the file; its folder is made where there is none. */
    WholeJsonLines(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        this.file = WholeFile.create(file);
        OutputStream bytes = this.file.out();
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
        file.commit();
    }

    /** Throws away what is not finished. */
    @Override
    public void close() throws IOException {
        file.close();
    }
}
