package io.counterflow.scorer.unittests.judge;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;

/** Keeps what javac writes in memory, and shows it the platform's classes and those it is given. */
final class UnitFiles extends ForwardingJavaFileManager<StandardJavaFileManager> {

    private final Map<String, byte[]> written = new TreeMap<>();
    private Map<String, byte[]> visible = Map.of();

    UnitFiles(StandardJavaFileManager platform) {
        super(platform);
        try {
            platform.setLocation(StandardLocation.CLASS_PATH, List.of());
            platform.setLocation(StandardLocation.SOURCE_PATH, List.of());
        } catch (IOException e) {
            throw new IllegalStateException("javac refuses an empty class path", e);
        }
    }

    void begin(Map<String, byte[]> classes) {
        visible = classes;
        written.clear();
    }

    Map<String, byte[]> written() {
        return Map.copyOf(written);
    }

    @Override
    public boolean hasLocation(Location location) {
        return location == StandardLocation.CLASS_PATH || super.hasLocation(location);
    }

    @Override
    public Iterable<JavaFileObject> list(
            Location location, String packageName, Set<JavaFileObject.Kind> kinds, boolean recurse) throws IOException {
        if (location != StandardLocation.CLASS_PATH) {
            return super.list(location, packageName, kinds, recurse);
        }
        List<JavaFileObject> files = new ArrayList<>();
        if (kinds.contains(JavaFileObject.Kind.CLASS)) {
            visible.forEach((name, code) -> {
                if (name.substring(0, Math.max(0, name.lastIndexOf('.'))).equals(packageName)) {
                    files.add(new ClassFile(name, code));
                }
            });
        }
        return files;
    }

    @Override
    public String inferBinaryName(Location location, JavaFileObject file) {
        return file instanceof ClassFile known ? known.name : super.inferBinaryName(location, file);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
            Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
        return new SimpleJavaFileObject(uri(className), kind) {
            @Override
            public OutputStream openOutputStream() {
                return new ByteArrayOutputStream() {
                    @Override
                    public void close() {
                        written.put(className, toByteArray());
                    }
                };
            }
        };
    }

    private static URI uri(String className) {
        return URI.create("memory:///classes/" + Integer.toHexString(className.hashCode()) + ".class");
    }

    private static final class ClassFile extends SimpleJavaFileObject {

        private final String name;
        private final byte[] code;

        ClassFile(String name, byte[] code) {
            super(uri(name), Kind.CLASS);
            this.name = name;
            this.code = code;
        }

        @Override
        public InputStream openInputStream() {
            return new ByteArrayInputStream(code);
        }
    }

    /** A source text, whatever its public class is called. */
    static final class Text extends SimpleJavaFileObject {

        private final String text;

        Text(String text) {
            super(URI.create("memory:///source/Text.java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }

        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return kind == Kind.SOURCE;
        }
    }
}
