package io.counterflow.cli.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.counterflow.cli.data.SnliCorpus.Split;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.source.DownloadListener;
import io.counterflow.model.source.SourceException;
import io.counterflow.scorer.dataset.Dataset;
import io.counterflow.scorer.dataset.NliLabel;
import io.counterflow.scorer.dataset.NliPair;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an archive laid out as the authors' to pairs that train-scorer reads, with a few lines of our own and a server of this machine. */
class SnliCorpusTest {

    private static final String TRAIN = """
            {"annotator_labels": ["neutral"], "captionID": "1.jpg#0", "gold_label": "neutral", "pairID": "1", "sentence1": "A dog runs.", "sentence2": "A dog is late."}
            {"annotator_labels": ["neutral", "entailment"], "gold_label": "-", "sentence1": "A dog runs.", "sentence2": "It is warm."}
            {"annotator_labels": ["entailment"], "gold_label": "entailment", "sentence1": "A dog runs.", "sentence2": "\\"Something\\" moves \u2013 fast."}
            {"annotator_labels": ["entailment"], "gold_label": "entailment", "sentence1": "A dog runs.", "sentence2": " "}
            {"annotator_labels": ["contradiction"], "gold_label": "contradiction", "sentence1": "A cat sleeps.", "sentence2": "A cat eats."}
            """;

    @TempDir
    Path folder;

    @Test
    void pairsWithALabelBecomeADataSetThatTrainScorerReads() throws Exception {
        byte[] archive = archive(TRAIN);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, archive.length);
                exchange.getResponseBody().write(archive);
            }
        });
        server.start();
        Path output = folder.resolve("out/pairs.jsonl.gz");
        SnliCorpus.Counts counts;
        try {
            SnliCorpus corpus = corpus(archive)
                    .at(URI.create("http://localhost:" + server.getAddress().getPort() + "/mirror/snli.zip"));
            Path fetched = corpus.fetch(folder.resolve("cache"), DownloadListener.SILENT);
            counts = SnliCorpus.write(fetched, Split.TRAIN, Long.MAX_VALUE, output);
        } finally {
            server.stop(0);
        }

        assertThat(counts).isEqualTo(new SnliCorpus.Counts(3, 2));
        assertThat(Dataset.nli(output, OnBadLine.FAIL).examples())
                .containsExactly(
                        new NliPair("A dog runs.", "A dog is late.", NliLabel.NEUTRAL),
                        new NliPair("A dog runs.", "\"Something\" moves \u2013 fast.", NliLabel.ENTAILMENT),
                        new NliPair("A cat sleeps.", "A cat eats.", NliLabel.CONTRADICTION));
        assertThat(folder.resolve("out")).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aLimitTakesTheFirstPairs() throws Exception {
        Path output = folder.resolve("pairs.jsonl");
        SnliCorpus.Counts counts = SnliCorpus.write(file(archive(TRAIN)), Split.TRAIN, 1, output);

        assertThat(counts.written()).isEqualTo(1);
        assertThat(Files.readAllLines(output))
                .containsExactly(
                        "{\"premise\":\"A dog runs.\",\"hypothesis\":\"A dog is late.\",\"label\":\"neutral\"}");
    }

    @Test
    void anArchiveThatIsHereIsTakenIfItIsTheRightOne() throws Exception {
        byte[] archive = archive(TRAIN);
        Path file = file(archive);
        assertThat(corpus(archive).checked(file)).isEqualTo(file);

        byte[] changed = archive.clone();
        changed[changed.length / 2] ^= 1;
        Files.write(file, changed);
        assertThatThrownBy(() -> corpus(archive).checked(file))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("snli.zip has the SHA-256 ")
                .hasMessageEndingWith("it is not SNLI 1.0 as it was published");

        Files.write(file, Arrays.copyOf(archive, 100));
        assertThatThrownBy(() -> corpus(archive).checked(file))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("snli.zip has 100 bytes instead of " + archive.length);
    }

    @Test
    void aTruncatedArchiveLeavesNothing() throws Exception {
        byte[] archive = archive(TRAIN);
        Path file = file(Arrays.copyOf(archive, archive.length - 30));
        assertThatThrownBy(() -> SnliCorpus.write(file, Split.TRAIN, 9, folder.resolve("out/pairs.jsonl")))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("snli.zip is no whole zip archive: ");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aSplitThatIsNotThereIsNamed() throws Exception {
        Path file = file(archive(TRAIN));
        assertThatThrownBy(() -> SnliCorpus.write(file, Split.TEST, 9, folder.resolve("out/pairs.jsonl")))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("there is no snli_1.0/snli_1.0_test.jsonl in ");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aLineThatIsNoJsonLeavesWhatWasThere() throws Exception {
        Path output = Files.writeString(folder.resolve("pairs.jsonl"), "older");
        Path file = file(archive(TRAIN + "{\"gold_label\": \n"));
        assertThatThrownBy(() -> SnliCorpus.write(file, Split.TRAIN, 9, output))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("snli_1.0_train.jsonl of ")
                .hasMessageContaining("has a line that is not JSON");
        assertThat(output).hasContent("older");
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    private Path file(byte[] archive) throws IOException {
        return Files.write(folder.resolve("snli.zip"), archive);
    }

    private static SnliCorpus corpus(byte[] archive) throws Exception {
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(archive));
        return new SnliCorpus(SnliCorpus.PUBLISHED.address(), archive.length, sha256);
    }

    private static byte[] archive(String train) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("snli_1.0/"));
            zip.putNextEntry(new ZipEntry("__MACOSX/snli_1.0/._snli_1.0_train.jsonl"));
            zip.write(new byte[20]);
            zip.putNextEntry(new ZipEntry("snli_1.0/snli_1.0_train.jsonl"));
            zip.write(train.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }
}
