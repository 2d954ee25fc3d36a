package io.counterflow.model.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.counterflow.files.Sha256;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** A package of the npm registry, fetched with {@code npm pack} so that the user's registry and proxy settings hold. */
public final class NpmPackage {
    private static final Duration LONGEST = Duration.ofMinutes(30);

    private final String specifier;
    private final Path archive;

    private NpmPackage(String specifier, Path archive) {
        this.specifier = specifier;
        this.archive = archive;
    }

    /** npm's command on this operating system. */
    public static List<String> command() {
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
        return List.of(windows ? "npm.cmd" : "npm");
    }

    /**
     * Fetches a package.
     *
     * @param npm the command, such as {@code npm}
     * @param specifier name and version, such as {@code left-pad@1.3.0}
     * @param folder an empty folder for the archive
     * @throws SourceException if npm is missing, fails or takes longer than half an hour
     */
    public static NpmPackage fetch(List<String> npm, String specifier, Path folder) {
        List<String> command = new ArrayList<>(npm);
        command.addAll(List.of("pack", specifier, "--silent", "--pack-destination", folder.toString(), "--json"));
        Path output = folder.resolve("npm-output.txt");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            await(process, specifier);
            if (process.exitValue() != 0) {
                throw new SourceException("npm pack %s failed with exit code %d: %s"
                        .formatted(specifier, process.exitValue(), cause(output)));
            }
            return new NpmPackage(specifier, onlyArchive(folder, specifier));
        } catch (IOException e) {
            throw new SourceException(
                    "cannot run %s (%s); install Node.js, whose npm fetches the package %s, or put it on the PATH"
                            .formatted(npm.get(0), e.getMessage(), specifier),
                    e);
        }
    }

    /**
     * As {@link #fetch(List, String, Path)}, into a folder that is made.
     *
     * @param listener hears of the package alone: npm reports no progress that could be passed on
     */
    static NpmPackage fetch(List<String> npm, String specifier, Path folder, DownloadListener listener)
            throws IOException {
        Files.createDirectories(folder);
        listener.progress(specifier, 0, 0);
        return fetch(npm, specifier, folder);
    }

    private static void await(Process process, String specifier) {
        try {
            if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
                throw new SourceException(
                        "npm pack %s took longer than %d minutes".formatted(specifier, LONGEST.toMinutes()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SourceException("interrupted while npm fetched " + specifier, e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static Path onlyArchive(Path folder, String specifier) throws IOException {
        try (DirectoryStream<Path> archives = Files.newDirectoryStream(folder, "*.tgz")) {
            for (Path archive : archives) {
                return archive;
            }
        }
        throw new SourceException("npm pack %s left no archive".formatted(specifier));
    }

    /** What npm says of its failure, in one line: in JSON's form where it is one that has it. */
    private static String cause(Path output) throws IOException {
        String text = new String(Files.readAllBytes(output), UTF_8);
        JsonNode error = MissingNode.getInstance();
        int object = text.indexOf('{');
        if (object >= 0) {
            try {
                error = new ObjectMapper().readTree(text.substring(object)).path("error");
            } catch (JsonProcessingException e) {
                // Some words with a brace in them.
            }
        }
        Optional<String> summary = error.path("summary").asText().lines().findFirst();
        if (summary.isPresent()) {
            return "%s (%s); registry and proxy are those of npm's own configuration"
                    .formatted(summary.get().strip(), error.path("code").asText());
        }
        List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
        return lines.isEmpty()
                ? "it does not say why"
                : String.join("; ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
    }

    /** Takes the content of one file of the package. */
    public interface Content<T> {
        T read(InputStream content) throws IOException;
    }

    /**
     * Reads one file.
     *
     * @param entry its path in the archive, such as {@code package/package.json}
     * @throws SourceException if there is no such file or the archive is damaged
     */
    public <T> T read(String entry, Content<T> content) {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new GZIPInputStream(new BufferedInputStream(Files.newInputStream(archive))))) {
            for (TarArchiveEntry file = tar.getNextEntry(); file != null; file = tar.getNextEntry()) {
                if (file.isFile() && file.getName().equals(entry)) {
                    return content.read(tar);
                }
            }
        } catch (IOException e) {
            throw new SourceException("cannot read %s of %s: %s".formatted(entry, archive.getFileName(), e), e);
        }
        throw new SourceException("there is no %s in %s".formatted(entry, archive.getFileName()));
    }

    /**
     * Writes one file of the package, or its first bytes, to the disk.
     *
     * @param entry its path in the archive
     * @param mostBytes how many bytes at most
     * @param sha256 of what is written, in hexadecimal
     * @throws SourceException if there is no such file, the archive is damaged, or the bytes are others
     */
    void extract(String entry, Path file, long mostBytes, String sha256) {
        String actual = read(entry, in -> copy(in, file, mostBytes));
        if (!actual.equals(sha256)) {
            throw new SourceException("%s of %s has the SHA-256 %s instead of %s; the package is not what it was"
                    .formatted(file.getFileName(), specifier, actual, sha256));
        }
    }

    private static String copy(InputStream in, Path file, long mostBytes) throws IOException {
        MessageDigest digest = Sha256.digest();
        byte[] buffer = new byte[1 << 16];
        long left = mostBytes;
        try (OutputStream out = Files.newOutputStream(file)) {
            while (left > 0) {
                int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (read < 0) {
                    break;
                }
                digest.update(buffer, 0, read);
                out.write(buffer, 0, read);
                left -= read;
            }
        }
        return Sha256.hex(digest);
    }
}
