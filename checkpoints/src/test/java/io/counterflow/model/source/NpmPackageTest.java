package io.counterflow.model.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** npm itself, with registries of this machine that are away, or have other bytes than they say. */
@DisabledOnOs(OS.WINDOWS)
class NpmPackageTest {

    @TempDir
    Path folder;

    @BeforeEach
    void needsNpm() throws InterruptedException {
        try {
            assumeTrue(new ProcessBuilder("npm", "--version").start().waitFor() == 0, "not run: npm does not work");
        } catch (IOException e) {
            assumeTrue(false, "not run: there is no npm");
        }
    }

    @Test
    void aRegistryThatCannotBeReachedIsNamed() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThatThrownBy(() -> NpmPackage.fetch(npm(port), "small@1.0.0", folder))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining(
                        "npm pack small@1.0.0 failed with exit code 1: FetchError: request to http://localhost:" + port
                                + "/small failed")
                .hasMessageEndingWith("(ECONNREFUSED); registry and proxy are those of npm's own configuration")
                .hasMessageNotContaining("\n");
    }

    @Test
    void anArchiveThatIsNotWhatTheRegistrySaysIsRefused() throws Exception {
        byte[] archive = archive();
        assertThat(read(archive, archive)).isEqualTo("{}");
        assertThatThrownBy(() -> read(archive, "other".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("integrity checksum failed")
                .hasMessageContaining("(EINTEGRITY)")
                .hasMessageNotContaining("\n");
    }

    /** Fetches a package from a registry that announces the hash of some bytes and sends others. */
    private String read(byte[] sent, byte[] announced) throws Exception {
        HttpServer registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        int port = registry.getAddress().getPort();
        String integrity = "sha512-"
                + Base64.getEncoder()
                        .encodeToString(MessageDigest.getInstance("SHA-512").digest(announced));
        byte[] listing = """
                {"name": "small", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"name": "small", "version": "1.0.0",
                 "dist": {"tarball": "http://localhost:%d/small/-/small-1.0.0.tgz", "integrity": "%s"}}}}
                """.formatted(port, integrity).getBytes(StandardCharsets.UTF_8);
        registry.createContext("/", exchange -> {
            try (exchange) {
                byte[] body = exchange.getRequestURI().getPath().endsWith(".tgz") ? sent : listing;
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        registry.start();
        try {
            return NpmPackage.fetch(npm(port), "small@1.0.0", folder)
                    .read("package/package.json", in -> new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } finally {
            registry.stop(0);
        }
    }

    private List<String> npm(int port) {
        return List.of(
                "env",
                "npm_config_registry=http://localhost:" + port + "/",
                "npm_config_fetch_retries=0",
                "npm_config_cache=" + folder.resolve("cache-" + port),
                "npm_config_update_notifier=false",
                "npm");
    }

    private static byte[] archive() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            TarArchiveEntry entry = new TarArchiveEntry("package/package.json");
            entry.setSize(2);
            tar.putArchiveEntry(entry);
            tar.write("{}".getBytes(StandardCharsets.UTF_8));
            tar.closeArchiveEntry();
        }
        return bytes.toByteArray();
    }
}
