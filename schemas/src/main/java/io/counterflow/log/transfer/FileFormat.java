package io.counterflow.log.transfer;

import java.nio.file.Path;
import java.util.Locale;

/** How records stand in a file. */
public enum FileFormat {
    /** One JSON object a line, gzipped where the name ends in {@code .gz}. */
    JSON_LINES,
    /** An Avro container file: the schema first, then blocks compressed with Zstandard. */
    AVRO;

    /** The format that a file's name promises: {@code .avro}, or else JSON lines. */
    public static FileFormat of(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".avro") ? AVRO : JSON_LINES;
    }
}
