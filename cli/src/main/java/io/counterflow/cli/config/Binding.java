package io.counterflow.cli.config;

import java.util.List;
import java.util.Optional;

/**
 * What became of a file, or a part of it, as a record.
 *
 * @param value the record; where there are faults, made of what has none, and empty where that cannot be done
 * @param faults what cannot be used, each with its place
 */
public record Binding<T>(Optional<T> value, List<Fault> faults) {

    /**
     * Something that cannot be used.
     *
     * @param pointer which key, as a JSON pointer from the file's root
     * @param message what is wrong and what would be right; without the place
     */
    public record Fault(String pointer, String message) {

        /** At a path of keys joined by dots. */
        public static Fault at(String path, String message) {
            return new Fault("/" + path.replace('.', '/'), message);
        }
    }

    public Binding {
        faults = List.copyOf(faults);
    }

    /** Whether anything at a place or below it cannot be used, so that nothing is to be concluded from what is there. */
    public boolean faultyAt(String path) {
        String pointer = "/" + path.replace('.', '/');
        return faults.stream()
                .anyMatch(f -> f.pointer().equals(pointer) || f.pointer().startsWith(pointer + "/"));
    }
}
