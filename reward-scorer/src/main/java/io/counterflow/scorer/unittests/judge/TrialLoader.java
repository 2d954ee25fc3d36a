package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.Kept;
import java.util.Map;
import java.util.Set;

/** The stubs of one program and its tests; everything else they see is the platform's. */
final class TrialLoader extends ClassLoader {

    private static final Set<Class<?>> OURS = Set.of(Bridge.class, Stub.class, Handle.class, Kept.class);

    private final Map<String, byte[]> stubs;
    private final Map<String, byte[]> tests;
    private final Trial trial;

    TrialLoader(Map<String, byte[]> stubs, Map<String, byte[]> tests, Trial trial) {
        super(ClassLoader.getPlatformClassLoader());
        this.stubs = stubs;
        this.tests = tests;
        this.trial = trial;
        setDefaultAssertionStatus(true);
    }

    Trial trial() {
        return trial;
    }

    boolean isStub(Class<?> type) {
        return type.getClassLoader() == this && stubs.containsKey(type.getName()) && !tests.containsKey(type.getName());
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        byte[] code = tests.getOrDefault(name, stubs.get(name));
        if (code != null) {
            return defineClass(name, code, 0, code.length);
        }
        for (Class<?> ours : OURS) {
            if (ours.getName().equals(name)) {
                return ours;
            }
        }
        throw new ClassNotFoundException(name);
    }
}
