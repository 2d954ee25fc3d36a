package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Control groups in which the memory and the processes of a command have a bound all together: below our own group, where this
 * program may make any. Version 2 where memory and processes are delegated to it, else version 1. Thread-safe.
 */
final class ControlGroups {

    private static final String PREFIX = "counterflow-";
    private static final Pattern OWN = Pattern.compile(PREFIX + "(\\d{1,10})-[0-9a-z-]+");

    /** The sandbox's own processes: the shell that waits, bubblewrap's two, what watches. */
    private static final int OVERHEAD_PROCESSES = 8;

    private final List<Path> parents;
    private final boolean unified;
    private final String name;
    private final AtomicLong next = new AtomicLong();

    private ControlGroups(List<Path> parents, boolean unified) {
        this.parents = parents;
        this.unified = unified;
        this.name = PREFIX + ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), 36) + "-";
    }

    /** Those that this program can make, found by making one. */
    static Optional<ControlGroups> find(Path mounts, Path membership) {
        try {
            List<String> lines = Files.readAllLines(membership);
            ControlGroups unified = new ControlGroups(List.of(below(mounts, own(lines, ""))), true);
            if (unified.works()) {
                unified.sweep();
                return Optional.of(unified);
            }
            List<Path> parents = new ArrayList<>();
            for (String controller : List.of("memory", "pids")) {
                parents.add(below(mounts.resolve(controller), own(lines, controller)));
            }
            ControlGroups separate = new ControlGroups(parents, false);
            if (!separate.works()) {
                return Optional.empty();
            }
            separate.sweep();
            return Optional.of(separate);
        } catch (IOException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    private static Path below(Path mount, String own) {
        Path path = mount.resolve(own.substring(1));
        // In a container the path may be the host's, and what is mounted is our own group.
        return Files.isDirectory(path) ? path : mount;
    }

    private static String own(List<String> lines, String controller) {
        for (String line : lines) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && List.of(parts[1].split(",")).contains(controller)) {
                return parts[2];
            }
        }
        throw new IllegalStateException("no control group of " + controller);
    }

    private boolean works() {
        try {
            List<Path> group = make(64L << 20, 16);
            remove(group);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Removes what programs like this one left that ended before their commands did. */
    private void sweep() throws IOException {
        for (Path parent : parents) {
            try (DirectoryStream<Path> groups = Files.newDirectoryStream(parent, PREFIX + "*")) {
                for (Path group : groups) {
                    Matcher own = OWN.matcher(group.getFileName().toString());
                    if (own.matches()
                            && ProcessHandle.of(Long.parseLong(own.group(1))).isEmpty()) {
                        remove(List.of(group));
                    }
                }
            }
        }
    }

    /** Where the groups are made. */
    List<Path> parents() {
        return parents;
    }

    /** Makes a group for one command; see {@link #make(long, int)}. */
    List<Path> make(Limits limits) throws IOException {
        return make(limits.memoryBytes(), limits.processes() + OVERHEAD_PROCESSES);
    }

    /** Removes a group when the command in it has ended. */
    void removeAfter(Process process, List<Path> folders) {
        var unused = process.onExit().thenRunAsync(() -> {
            // What is left of it may take a moment to die.
            for (int attempt = 0; attempt < 200 && !remove(folders); attempt++) {
                LockSupport.parkNanos(10_000_000);
            }
        });
    }

    /** Makes a group and returns the folders whose {@code cgroup.procs} a process must write itself into. */
    List<Path> make(long memoryBytes, int processes) throws IOException {
        String own = name + next.incrementAndGet();
        List<Path> folders = new ArrayList<>();
        try {
            for (Path parent : parents) {
                folders.add(Files.createDirectory(parent.resolve(own)));
            }
            if (unified) {
                Path folder = folders.get(0);
                set(folder.resolve("memory.max"), memoryBytes);
                set(folder.resolve("pids.max"), processes);
                optional(folder.resolve("memory.swap.max"), "0");
            } else {
                set(folders.get(0).resolve("memory.limit_in_bytes"), memoryBytes);
                optional(folders.get(0).resolve("memory.memsw.limit_in_bytes"), Long.toString(memoryBytes));
                set(folders.get(1).resolve("pids.max"), processes);
            }
            return folders;
        } catch (IOException e) {
            remove(folders);
            throw e;
        }
    }

    /** Sets a limit that is there: where the folder lies in no file system of control groups, it is not. */
    private static void set(Path file, long value) throws IOException {
        Files.write(file, Long.toString(value).getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
    }

    private static void optional(Path file, String value) {
        try {
            if (Files.exists(file)) {
                Files.writeString(file, value);
            }
        } catch (IOException e) {
            // Kernels without swap accounting have no such limit to set.
        }
    }

    /** Removes a group; false as long as processes are in it. */
    static boolean remove(List<Path> folders) {
        boolean removed = true;
        for (Path folder : folders) {
            try {
                Files.deleteIfExists(folder);
            } catch (IOException e) {
                removed = false;
            }
        }
        return removed;
    }
}
