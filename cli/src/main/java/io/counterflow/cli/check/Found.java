package io.counterflow.cli.check;

import io.counterflow.cli.config.Binding.Fault;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Collects what checks find. For one thread. */
final class Found {

    private final List<Fault> faults = new ArrayList<>();
    private final Set<String> explained = new HashSet<>();
    private final List<String> unchecked = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    /** A check that fails by throwing. */
    @FunctionalInterface
    interface Check {
        void run() throws Exception;
    }

    List<Fault> faults() {
        return faults;
    }

    List<String> unchecked() {
        return unchecked;
    }

    List<String> remarks() {
        return remarks;
    }

    void fault(String path, String message) {
        faults.add(Fault.at(path, path + ": " + message));
    }

    /** A fault of a key that says more than whatever else was said of the key. */
    void explain(String path, String message) {
        fault(path, message);
        explained.add(faults.get(faults.size() - 1).pointer());
    }

    /** Whether more has been said of the same key. */
    boolean explains(Fault other) {
        return explained.contains(other.pointer());
    }

    /** A fault whose message says by itself which key it is about. */
    void told(String path, String message) {
        faults.add(Fault.at(path, message));
    }

    void unchecked(String what) {
        unchecked.add(what);
    }

    void remark(String what) {
        remarks.add(what);
    }

    /** Whatever {@code check} throws is a fault of the key, or of the one among {@code within} that the message names. */
    void fault(String path, Iterable<String> within, Check check) {
        try {
            check.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while checking " + path, e);
        } catch (Exception | LinkageError e) {
            String message = e.getMessage() == null
                    ? e.getClass().getSimpleName()
                    : e.getMessage().strip().replaceAll("\\s*\\R\\s*", " | ");
            String at = path;
            for (String key : within) {
                if (Pattern.compile("\\b" + Pattern.quote(key) + "\\b")
                        .matcher(message)
                        .find()) {
                    at = path + "." + key;
                    break;
                }
            }
            faults.add(Fault.at(at, path + ": " + message));
        }
    }

    void fault(String path, Check check) {
        fault(path, List.of(), check);
    }
}
