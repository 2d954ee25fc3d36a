package io.counterflow.scorer.unittests.worker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;

/** Keeps what javac writes in memory, by source file, and shows it the platform's classes alone. */
final class MemoryFiles extends ForwardingJavaFileManager<StandardJavaFileManager> {

    private final Map<Integer, Map<String, byte[]>> classes = new HashMap<>();

    MemoryFiles(StandardJavaFileManager platform) {
        super(platform);
        try {
            platform.setLocation(StandardLocation.CLASS_PATH, List.of());
            platform.setLocation(StandardLocation.SOURCE_PATH, List.of());
        } catch (IOException e) {
            throw new IllegalStateException("javac refuses an empty class path", e);
        }
    }

    void clear() {
        classes.clear();
    }

    Map<String, byte[]> classesOf(int program) {
        return classes.getOrDefault(program, Map.of());
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
            Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
        int program = ProgramFile.indexOf(sibling);
        return new SimpleJavaFileObject(URI.create("memory:///" + className.replace('.', '/') + ".class"), kind) {
            @Override
            public OutputStream openOutputStream() {
                return new ByteArrayOutputStream() {
                    @Override
                    public void close() {
                        classes.computeIfAbsent(program, p -> new HashMap<>()).put(className, toByteArray());
                    }
                };
            }
        };
    }
}
