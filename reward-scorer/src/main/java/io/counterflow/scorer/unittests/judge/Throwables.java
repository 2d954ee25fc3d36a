package io.counterflow.scorer.unittests.judge;

import java.lang.reflect.Constructor;

/** Exceptions of the JDK, made again by type and message. */
final class Throwables {

    private Throwables() {}

    /** The exception; where its type cannot be made, the nearest one that can, which names it. */
    static Throwable make(String type, String message) {
        try {
            Class<?> found = Class.forName(type, false, ClassLoader.getPlatformClassLoader());
            if (Throwable.class.isAssignableFrom(found)) {
                Throwable made = make(found.asSubclass(Throwable.class), message);
                if (made != null) {
                    return made;
                }
                for (Class<?> at = found.getSuperclass(); at != Object.class; at = at.getSuperclass()) {
                    made = make(at.asSubclass(Throwable.class), type + ": " + message);
                    if (made != null) {
                        return made;
                    }
                }
            }
        } catch (ClassNotFoundException | LinkageError e) {
            // Said below.
        }
        return new RuntimeException(type + ": " + message);
    }

    private static Throwable make(Class<? extends Throwable> type, String message) {
        for (Class<?>[] parameters : new Class<?>[][] {{String.class}, {Object.class}, {}}) {
            try {
                Constructor<? extends Throwable> constructor = type.getConstructor(parameters);
                return parameters.length == 0 ? constructor.newInstance() : constructor.newInstance(message);
            } catch (ReflectiveOperationException | RuntimeException e) {
                // Another one, then.
            }
        }
        return null;
    }
}
