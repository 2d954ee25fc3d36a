package io.counterflow.scorer.unittests;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** Jars of the classes that a sandboxed JVM sees, taken out of wherever ours come from. The same classes make the same bytes. */
final class SandboxClasses {

    private static final String ROOT = "io/counterflow/scorer/unittests/";

    private SandboxClasses() {}

    /** The classes of the program's JVM. */
    static byte[] ofProgram() throws IOException {
        return jar(List.of(
                Source.of(SandboxClasses.class, ROOT + "program"), Source.of(SandboxClasses.class, ROOT + "wire")));
    }

    /** The classes of the tests' JVM. */
    static byte[] ofJudge() throws IOException {
        return jar(List.of(
                Source.of(SandboxClasses.class, ROOT + "judge"),
                Source.of(SandboxClasses.class, ROOT + "wire"),
                Source.of(SandboxClasses.class, ROOT + "worker"),
                Source.of(org.objectweb.asm.ClassReader.class, "org/objectweb/asm")));
    }

    private record Source(Path origin, String folder) {

        static Source of(Class<?> type, String folder) throws IOException {
            try {
                return new Source(
                        Path.of(type.getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI()),
                        folder);
            } catch (URISyntaxException e) {
                throw new IOException("cannot find where " + type.getName() + " comes from", e);
            }
        }
    }

    private static byte[] jar(List<Source> sources) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream out = new JarOutputStream(bytes)) {
            // As it is: start-up counts, not size.
            out.setLevel(0);
            for (Source source : sources) {
                if (Files.isDirectory(source.origin)) {
                    copy(source.origin.resolve(source.folder), source.folder, out);
                } else {
                    URI uri = URI.create("jar:" + source.origin.toUri());
                    try (FileSystem files = FileSystems.newFileSystem(uri, Map.of())) {
                        copy(files.getPath("/" + source.folder), source.folder, out);
                    }
                }
            }
        }
        return bytes.toByteArray();
    }

    private static void copy(Path folder, String name, JarOutputStream out) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(f -> f.toString().endsWith(".class"))
                    .sorted(java.util.Comparator.comparing(Path::toString))
                    .toList();
        }
        if (files.isEmpty()) {
            throw new IOException("classes of " + name + " are missing; build the module again");
        }
        for (Path file : files) {
            JarEntry entry = new JarEntry(name + "/" + file.getFileName());
            entry.setTime(0);
            out.putNextEntry(entry);
            try (InputStream in = Files.newInputStream(file)) {
                in.transferTo(out);
            }
            out.closeEntry();
        }
    }

    /** Writes a jar that everyone who can reach it can read. */
    static Path write(byte[] jar, Path file) throws IOException {
        Files.write(file, jar);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return file;
    }
}
