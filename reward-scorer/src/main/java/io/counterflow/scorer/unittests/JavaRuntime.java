package io.counterflow.scorer.unittests;

import io.counterflow.files.FileTree;
import io.counterflow.files.Sha256;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Java that programs run on: an image of this JDK with the modules that programs need and none by which one JVM reaches into
 * another or into its own memory, and an archive of the classes that each start needs, which halves its time. It is made once for a
 * JDK and kept. Where it cannot be made, programs run on this JDK with the same modules out of sight, and start more slowly.
 *
 * @param home where it is
 * @param jar the classes of a program's JVM
 * @param options options of {@code java} that belong to it
 */
record JavaRuntime(Path home, Path jar, List<String> options) {

    /** No attach, instrumentation, management, debugger, compiler or {@code sun.misc}. */
    private static final List<String> MODULES = List.of(
            "java.base",
            "java.compiler",
            "java.datatransfer",
            "java.desktop",
            "java.logging",
            "java.naming",
            "java.net.http",
            "java.prefs",
            "java.scripting",
            "java.security.jgss",
            "java.security.sasl",
            "java.sql",
            "java.transaction.xa",
            "java.xml",
            "java.xml.crypto",
            "jdk.charsets",
            "jdk.crypto.ec",
            "jdk.localedata",
            "jdk.random",
            "jdk.zipfs");

    private static final Logger LOG = LoggerFactory.getLogger(JavaRuntime.class);
    private static final String MAIN = "io.counterflow.scorer.unittests.program.ProgramMain";
    private static final Object BUILDING = new Object();

    /**
     * Finds it in {@code cache}, or makes it there.
     *
     * @param fallback an existing folder for the jar where no image can be made
     */
    static JavaRuntime find(Path cache, Path fallback) throws IOException {
        Path jdk = Path.of(System.getProperty("java.home"));
        byte[] jar = SandboxClasses.ofProgram();
        String modules = String.join(",", observable());
        try {
            Path image = cache.resolve("java-programs").resolve(key(jdk, modules));
            Path runtime = made(image, folder -> link(jdk, modules, folder)).resolve("runtime");
            Path folder = made(image.resolve("classes-" + hash(jar)), classes -> archive(runtime, jar, classes));
            return new JavaRuntime(
                    runtime,
                    folder.resolve("program.jar"),
                    List.of("-XX:SharedArchiveFile=" + folder.resolve("program.jsa"), "-Xshare:auto"));
        } catch (IOException e) {
            LOG.warn("Java programs start more slowly than they could: {}", e.getMessage());
            return new JavaRuntime(
                    jdk,
                    SandboxClasses.write(jar, fallback.resolve("program.jar")),
                    List.of("--limit-modules=" + modules));
        }
    }

    private static List<String> observable() {
        return MODULES.stream()
                .filter(name ->
                        java.lang.module.ModuleFinder.ofSystem().find(name).isPresent())
                .toList();
    }

    private interface Make {
        void in(Path folder) throws IOException;
    }

    /** A folder that is made once, by one of all processes of this user, and where it is: what is in it knows its place. */
    private static Path made(Path folder, Make make) throws IOException {
        Path done = folder.resolve("complete");
        synchronized (BUILDING) {
            if (Files.exists(done)) {
                return folder;
            }
            Files.createDirectories(folder.getParent());
            Path lockFile = folder.resolveSibling(folder.getFileName() + ".lock");
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (!Files.exists(done)) {
                    FileTree.delete(folder);
                    Files.createDirectories(folder);
                    make.in(folder);
                    Files.createFile(done);
                }
            }
            return folder;
        }
    }

    private static String key(Path jdk, String modules) throws IOException {
        String time = Files.getLastModifiedTime(jdk.resolve("lib/modules")).toString();
        String all =
                String.join("\n", jdk.toRealPath().toString(), System.getProperty("java.vm.version"), modules, time);
        return hash(all.getBytes(StandardCharsets.UTF_8));
    }

    private static String hash(byte[] bytes) {
        return Sha256.of(bytes).substring(0, 16);
    }

    private static void link(Path jdk, String modules, Path folder) throws IOException {
        Path jlink = jdk.resolve("bin/jlink");
        if (!Files.isExecutable(jlink)) {
            throw new IOException("this Java has no jlink: " + jlink);
        }
        Path runtime = folder.resolve("runtime");
        run(List.of(jlink.toString(), "--add-modules", modules, "--output", runtime.toString()));
        run(List.of(runtime.resolve("bin/java").toString(), "-Xshare:dump", "-XX:+UseSerialGC"));
    }

    private static void archive(Path runtime, byte[] jar, Path folder) throws IOException {
        Path file = SandboxClasses.write(jar, folder.resolve("program.jar"));
        run(List.of(
                runtime.resolve("bin/java").toString(),
                "-XX:+UseSerialGC",
                "-XX:ArchiveClassesAtExit=" + folder.resolve("program.jsa"),
                "-cp",
                file.toString(),
                MAIN));
    }

    private static void run(List<String> command) throws IOException {
        Path output = Files.createTempFile("counterflow-java-", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(5, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IOException(command.get(0) + " did not end within 5 minutes");
            }
            if (process.exitValue() != 0) {
                String said = Files.readString(output).strip();
                throw new IOException(command.get(0) + " failed: "
                        + said.lines().reduce((a, b) -> b).orElse("(nothing)"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + command.get(0) + " ran", e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** What a sandbox must show for it. */
    List<Path> visible() {
        Path archive = jar.resolveSibling("program.jsa");
        return Files.exists(archive) ? JavaHome.visible(home, jar, archive) : JavaHome.visible(home, jar);
    }

    String mainClass() {
        return MAIN;
    }
}
