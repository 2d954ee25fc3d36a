package io.counterflow.log.lines;

import io.counterflow.files.FileAccessException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * Lines of a text in UTF-8, gzipped or not, which its first bytes say. A line ends with LF, CR LF or CR, and with nothing else: U+2028 and U+0085
 * are text. A byte order mark at the beginning is passed over. The longest line that is kept is {@link #MOST_BYTES}; of a longer one it is said
 * that it is. One thread.
 */
public final class LineReader implements Closeable {

    /** Bytes of the longest line: eight records as large as the log takes. */
    public static final int MOST_BYTES = 64 << 20;

    private static final int BUFFER = 1 << 16;

    private final InputStream in;
    private final Optional<Path> file;
    private final int mostBytes;
    private long number;

    /**
     * A line.
     *
     * @param number from 1, empty lines counted
     * @param bytes without the line's end; cut where {@code tooLong}
     * @param tooLong whether it has more bytes than are kept
     */
    public record Line(long number, byte[] bytes, boolean tooLong) {

        /** Whether there is nothing in it but white space. */
        public boolean isBlank() {
            for (byte one : bytes) {
                if (one != ' ' && one != '\t' && one != '\f' && one != 0x0b) {
                    return false;
                }
            }
            return true;
        }

        /**
         * The line as text.
         *
         * @throws BrokenLineException where it is not UTF-8, with the place of the first byte that is not, or where it is too long
         */
        public String text() throws BrokenLineException {
            if (tooLong) {
                throw new BrokenLineException("has more than " + bytes.length + " bytes");
            }
            CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
            ByteBuffer from = ByteBuffer.wrap(bytes);
            CharBuffer to = CharBuffer.allocate(bytes.length);
            CoderResult result = decoder.decode(from, to, true);
            if (result.isError()) {
                throw new BrokenLineException(
                        "is not UTF-8: byte %d of the line, 0x%02x, begins no character; save the file as UTF-8"
                                .formatted(from.position() + 1, bytes[from.position()]));
            }
            return to.flip().toString();
        }
    }

    private LineReader(InputStream in, Optional<Path> file, int mostBytes) {
        this.in = in;
        this.file = file;
        this.mostBytes = mostBytes;
    }

    /**
     * Opens a file.
     *
     * @throws NotJsonLinesException where its first bytes say that it is something else than text in UTF-8
     * @throws IOException where it cannot be read; it names the file
     */
    public static LineReader open(Path file) throws IOException {
        InputStream raw;
        try {
            raw = Files.newInputStream(file);
        } catch (IOException e) {
            throw FileAccessException.reading(file, 0, e);
        }
        try {
            return of(raw, file);
        } catch (IOException | RuntimeException e) {
            raw.close();
            throw e;
        }
    }

    /** Reads what a stream has, which is closed with the reader; throws as {@link #open} does. */
    public static LineReader of(InputStream raw, Path file) throws IOException {
        try {
            return of(raw, Optional.of(file), MOST_BYTES);
        } catch (NotJsonLinesException e) {
            throw e;
        } catch (IOException e) {
            throw FileAccessException.reading(file, 0, e);
        }
    }

    static LineReader of(InputStream raw) throws IOException {
        return of(raw, MOST_BYTES);
    }

    static LineReader of(InputStream raw, int mostBytes) throws IOException {
        return of(raw, Optional.empty(), mostBytes);
    }

    private static LineReader of(InputStream raw, Optional<Path> file, int mostBytes) throws IOException {
        InputStream in = new BufferedInputStream(raw, BUFFER);
        byte[] begin = peek(in);
        if (begins(begin, 0x1f, 0x8b)) {
            in = new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER);
            begin = peek(in);
        }
        String other = somethingElse(begin);
        if (other != null) {
            throw new NotJsonLinesException(other);
        }
        if (begins(begin, 0xef, 0xbb, 0xbf)) {
            in.skipNBytes(3);
        }
        return new LineReader(in, file, mostBytes);
    }

    private static byte[] peek(InputStream in) throws IOException {
        in.mark(8);
        byte[] begin = in.readNBytes(4);
        in.reset();
        return begin;
    }

    private static boolean begins(byte[] begin, int... with) {
        for (int i = 0; i < with.length; i++) {
            if (i >= begin.length || (begin[i] & 0xff) != with[i]) {
                return false;
            }
        }
        return true;
    }

    private static String somethingElse(byte[] begin) {
        String remedy = "; lines of JSON in UTF-8 are needed";
        if (begins(begin, 0xff, 0xfe, 0, 0) || begins(begin, 0, 0, 0xfe, 0xff)) {
            return "is in UTF-32" + remedy;
        }
        if (begins(begin, 0xff, 0xfe) || begins(begin, 0xfe, 0xff)) {
            return "is in UTF-16" + remedy;
        }
        if (begins(begin, '{', 0) || begins(begin, 0, '{')) {
            return "is in UTF-16 or UTF-32" + remedy;
        }
        if (begins(begin, 0x28, 0xb5, 0x2f, 0xfd)) {
            return "is compressed with Zstandard; unpack it, or use gzip";
        }
        if (begins(begin, 0xfd, '7', 'z', 'X') || begins(begin, 'B', 'Z', 'h')) {
            return "is compressed with " + (begin[0] == 'B' ? "bzip2" : "xz") + "; unpack it, or use gzip";
        }
        if (begins(begin, 'P', 'K', 3, 4)) {
            return "is a zip archive; unpack it, or use gzip";
        }
        if (begins(begin, 'P', 'A', 'R', '1')) {
            return "is a Parquet file" + remedy;
        }
        if (begins(begin, 'O', 'b', 'j', 1)) {
            return "is an Avro container" + remedy;
        }
        return null;
    }

    /** The next line; null after the last. */
    public Line next() throws IOException {
        try {
            return read();
        } catch (IOException e) {
            // A line that was begun is not one that was read.
            throw file.isEmpty() ? e : FileAccessException.reading(file.get(), number, e);
        }
    }

    private Line read() throws IOException {
        int read = in.read();
        if (read < 0) {
            return null;
        }
        boolean tooLong = false;
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        for (; read >= 0 && read != '\n' && read != '\r'; read = in.read()) {
            if (line.size() < mostBytes) {
                line.write(read);
            } else {
                tooLong = true;
            }
        }
        if (read == '\r') {
            in.mark(1);
            if (in.read() != '\n') {
                in.reset();
            }
        }
        number++;
        return new Line(number, line.toByteArray(), tooLong);
    }

    /** Number of the line that was read last, 0 before the first. */
    public long number() {
        return number;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
