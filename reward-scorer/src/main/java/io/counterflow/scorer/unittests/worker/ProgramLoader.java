package io.counterflow.scorer.unittests.worker;

import java.util.Map;

/** The classes of one program; everything else it sees is the platform's. The program's own JVM, which gets none of these classes, has another. */
final class ProgramLoader extends ClassLoader {

    private final Map<String, byte[]> classes;

    ProgramLoader(Map<String, byte[]> classes) {
        super(ClassLoader.getPlatformClassLoader());
        this.classes = classes;
        setDefaultAssertionStatus(true);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        byte[] code = classes.get(name);
        if (code == null) {
            throw new ClassNotFoundException(name);
        }
        return defineClass(name, code, 0, code.length);
    }
}
