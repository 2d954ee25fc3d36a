package io.counterflow.log.lines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineReaderTest {

    private static List<String> lines(byte[] bytes) throws IOException, BrokenLineException {
        List<String> lines = new ArrayList<>();
        try (LineReader reader = LineReader.of(new ByteArrayInputStream(bytes))) {
            for (LineReader.Line line = reader.next(); line != null; line = reader.next()) {
                lines.add(line.number() + ":" + line.text());
            }
        }
        return lines;
    }

    private static List<String> lines(String text) throws IOException, BrokenLineException {
        return lines(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aLineEndsAsUnixWindowsOrTheOldMacEndIt() throws Exception {
        assertThat(lines("a\nb\r\nc\rd\r\r\ne")).containsExactly("1:a", "2:b", "3:c", "4:d", "5:", "6:e");
        assertThat(lines("a\r\n")).containsExactly("1:a");
        assertThat(lines("")).isEmpty();
    }

    @Test
    void aSeparatorOfUnicodeIsText() throws Exception {
        assertThat(lines("a\u2028b\u0085c\u2029d\u000be\n")).containsExactly("1:a\u2028b\u0085c\u2029d\u000be");
    }

    @Test
    void aByteOrderMarkIsPassedOverAtTheBeginningAndTextElsewhere() throws Exception {
        assertThat(lines("\ufeffa\n\ufeffb")).containsExactly("1:a", "2:\ufeffb");
    }

    @Test
    void aGzippedFileIsReadToTheEndOfItsLastPart() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String part : List.of("\ufeffa\nb", "c\n")) {
            try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
                zip.write(part.getBytes(StandardCharsets.UTF_8));
            }
        }
        assertThat(lines(bytes.toByteArray())).containsExactly("1:a", "2:bc");
    }

    @ParameterizedTest
    @CsvSource({
        "61ff62, byte 2 of the line, 0xff",
        "eda0bd, byte 1 of the line, 0xed",
        "6161c0af, byte 3 of the line, 0xc0",
        "61e282, byte 2 of the line, 0xe2",
        "f4908080, byte 1 of the line, 0xf4",
    })
    void aByteThatIsNoUtf8IsNamedWithItsPlace(String hex, String place, String value) {
        assertThatThrownBy(() -> lines(HexFormat.of().parseHex(hex)))
                .isInstanceOf(BrokenLineException.class)
                .hasMessageContaining("is not UTF-8: " + place + ", " + value);
    }

    @ParameterizedTest
    @CsvSource({
        "UTF-16, UTF-16",
        "UTF-16LE, UTF-16 or UTF-32",
        "UTF-16BE, UTF-16 or UTF-32",
        "UTF-32LE, UTF-16 or UTF-32"
    })
    void anotherEncodingIsNamed(String charset, String said) {
        assertThatThrownBy(() -> lines("{\"prompt\": \"p\"}".getBytes(Charset.forName(charset))))
                .isInstanceOf(NotJsonLinesException.class)
                .hasMessageContaining("is in " + said);
    }

    @ParameterizedTest
    @CsvSource({
        "fffe0000, is in UTF-32",
        "28b52ffd00, compressed with Zstandard",
        "fd377a585a00, compressed with xz",
        "425a6839, compressed with bzip2",
        "504b0304, is a zip archive",
        "50415231, is a Parquet file",
        "4f626a01, is an Avro container"
    })
    void aFileOfAnotherKindIsNamed(String hex, String said) {
        assertThatThrownBy(() -> lines(HexFormat.of().parseHex(hex)))
                .isInstanceOf(NotJsonLinesException.class)
                .hasMessageContaining(said);
    }

    @Test
    void aFileThatIsCutOffIsNamedWithTheLastLineThatWasRead(@TempDir Path folder) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes, true)) {
            zip.write("a\nb\n".getBytes(StandardCharsets.UTF_8));
            zip.flush();
        }
        // Without the last block and the checksum.
        byte[] cut = Arrays.copyOf(bytes.toByteArray(), bytes.size() - 10);
        Path file = Files.write(folder.resolve("cut.jsonl.gz"), cut);
        List<String> read = new ArrayList<>();
        assertThatThrownBy(() -> {
                    try (LineReader reader = LineReader.open(file)) {
                        for (LineReader.Line line = reader.next(); line != null; line = reader.next()) {
                            read.add(line.text());
                        }
                    }
                })
                .hasMessage("cannot read " + file + " after line 2: Unexpected end of ZLIB input stream");
        assertThat(read).containsExactly("a", "b");
        Path header = Files.write(folder.resolve("header.gz"), Arrays.copyOf(cut, 5));
        assertThatThrownBy(() -> LineReader.open(header)).hasMessage("cannot read " + header + ": it ends too soon");
    }

    @Test
    void aFolderIsNamed(@TempDir Path folder) {
        assertThatThrownBy(() -> {
                    try (LineReader reader = LineReader.open(folder)) {
                        reader.next();
                    }
                })
                .hasMessage("cannot read " + folder + ": Is a directory");
    }

    @Test
    void ofALineThatIsTooLongNoMoreIsKeptAndTheNextOneIsRead() throws Exception {
        InputStream in = new ByteArrayInputStream("0123456789\nnext".getBytes(StandardCharsets.UTF_8));
        try (LineReader reader = LineReader.of(in, 5)) {
            LineReader.Line line = reader.next();
            assertThat(line.bytes()).hasSize(5);
            assertThatThrownBy(line::text).hasMessage("has more than 5 bytes");
            assertThat(reader.next().text()).isEqualTo("next");
        }
    }
}
