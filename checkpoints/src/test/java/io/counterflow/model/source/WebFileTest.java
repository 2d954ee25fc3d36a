package io.counterflow.model.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.files.Sha256;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file from a server of this machine that breaks off, changes bytes, or has another file. */
class WebFileTest {
    private static final String NAME = "corpus.zip";

    @TempDir
    Path folder;

    private final byte[] content = new byte[300_000];
    private FakeHub server;
    private Path target;

    @BeforeEach
    void startServer() throws IOException {
        new Random(5).nextBytes(content);
        server = new FakeHub().file(NAME, content);
        target = folder.resolve("cache/" + NAME);
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void aFileIsFetchedOnceAndKept() {
        file(content.length).fetch(target, DownloadListener.SILENT);
        file(content.length).fetch(target, DownloadListener.SILENT);

        assertThat(target).hasBinaryContent(content);
        assertThat(server.requests).hasSize(1);
    }

    @Test
    void whatAKilledProcessLeftIsGoneOnWith() {
        server.breaksOff(100_000, 1);
        WebFile killed = file(content.length, attempt -> {
            throw new InterruptedException("killed");
        });
        assertThatThrownBy(() -> killed.fetch(target, DownloadListener.SILENT)).isInstanceOf(SourceException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(target).doesNotExist();
        assertThat(folder.resolve("cache/corpus.zip.part")).isNotEmptyFile();

        file(content.length).fetch(target, DownloadListener.SILENT);

        assertThat(target).hasBinaryContent(content);
        assertThat(server.requests).last().asString().matches("/corpus.zip bytes=[1-9]\\d*-");
        assertThat(folder.resolve("cache/corpus.zip.part")).doesNotExist();
    }

    @Test
    void bytesThatChangedOnTheWayAreThrownAway() {
        server.corrupts(1);
        assertThatThrownBy(() -> file(content.length).fetch(target, DownloadListener.SILENT))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("/corpus.zip arrived damaged: its hash is")
                .hasMessageContaining("try again");
        assertThat(folder.resolve("cache")).isEmptyDirectory();

        file(content.length).fetch(target, DownloadListener.SILENT);
        assertThat(target).hasBinaryContent(content);
    }

    @Test
    void anotherFileIsRefusedBeforeItIsFetched() {
        assertThatThrownBy(() -> file(content.length + 1).fetch(target, DownloadListener.SILENT))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("/corpus.zip has 300000 bytes instead of 300001");
        assertThat(folder.resolve("cache")).isEmptyDirectory();
    }

    @Test
    void theRestOfAnotherFileIsRefused() throws IOException {
        Path part = folder.resolve("cache/corpus.zip.part");
        Files.createDirectories(part.getParent());
        Files.write(part, new byte[1000]);

        assertThatThrownBy(() -> file(content.length + 1).fetch(target, DownloadListener.SILENT))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("/corpus.zip has 300000 bytes instead of 300001");
    }

    @Test
    void aServerThatIsAwayIsNamedAtOnce() {
        server.close();
        assertThatThrownBy(() -> file(content.length, attempt -> {
                            throw new AssertionError("waited");
                        })
                        .fetch(target, DownloadListener.SILENT))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("cannot fetch " + server.storage()
                        + "/corpus.zip: cannot reach localhost: it refuses the connection");
        assertThat(folder.resolve("cache")).isEmptyDirectory();
    }

    @Test
    void anAddressIsOneOfTheWeb() {
        assertThatThrownBy(() -> new WebFile(URI.create("ftp://host/f"), 1, "0"))
                .isInstanceOf(SourceException.class)
                .hasMessage("\"ftp://host/f\" is no address that begins with https:// or http://");
    }

    @Test
    void theCacheIsWhereTheEnvironmentSays() {
        assertThat(CacheFolder.of(Map.of(), folder)).isEqualTo(folder.resolve(".cache/counterflow"));
        assertThat(CacheFolder.of(Map.of("COUNTERFLOW_HOME", "elsewhere"), folder))
                .isEqualTo(Path.of("elsewhere"));
    }

    private WebFile file(long size) {
        return file(size, attempt -> {});
    }

    private WebFile file(long size, Download.Pause pause) {
        return new WebFile(URI.create(server.storage() + "/" + NAME), size, sha256(), pause);
    }

    private String sha256() {
        MessageDigest digest = Sha256.digest();
        digest.update(content);
        return HexFormat.of().formatHex(digest.digest());
    }
}
