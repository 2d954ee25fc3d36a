package io.counterflow.scorer.unittests;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The classes of the worker, taken out of wherever ours come from: a sandboxed JVM sees them and none of the others. */
final class WorkerClasses {

    private static final String PACKAGE = "io/counterflow/scorer/unittests/worker/";

    static final List<String> NAMES = List.of(
            "BatchCompiler",
            "BatchCompiler$Result",
            "CompiledProgram",
            "MemoryFiles",
            "MemoryFiles$1",
            "MemoryFiles$1$1",
            "ProgramFile",
            "ProgramLoader",
            "Protocol",
            "Reporter",
            "Reporter$Body",
            "Source",
            "TestMethods",
            "TestRunner",
            "TestRunner$BoundedOutput",
            "Worker",
            "Worker$1",
            "Worker$2");

    private WorkerClasses() {}

    /** Writes them into {@code folder}, readable for everyone who can reach it. */
    static void copyTo(Path folder) throws IOException {
        Path classes = Files.createDirectories(folder.resolve(PACKAGE));
        for (String name : NAMES) {
            String resource = "/" + PACKAGE + name + ".class";
            try (InputStream in = WorkerClasses.class.getResourceAsStream(resource)) {
                if (in == null) {
                    throw new IOException("class " + resource + " is missing; build the module again");
                }
                Path file = classes.resolve(name + ".class");
                Files.copy(in, file);
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            }
        }
        for (Path at = classes; !at.equals(folder.getParent()); at = at.getParent()) {
            Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }
}
