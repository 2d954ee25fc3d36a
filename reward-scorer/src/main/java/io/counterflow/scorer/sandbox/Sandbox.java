package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A way to run untrusted commands. Thread-safe. */
public interface Sandbox {

    /** One line for the user: how commands are isolated here, or that they are not. */
    String description();

    /** What {@link #bounds} says where nothing bounds a command's processes together. */
    String PER_PROCESS = "memory bounded for each process, and their number";

    /** In a few words: how a command's memory and processes are bounded here. */
    default String bounds() {
        return PER_PROCESS;
    }

    /** Whether the operating system keeps commands away from files, network and processes of this machine. */
    boolean isolates();

    /**
     * Starts a command. It ends, with every process it started, when it is killed by {@link #kill}, and when this program dies.
     *
     * @param command what to run
     * @param folder an existing folder of the caller's, which the sandbox may use and the command never sees
     * @throws IOException when it cannot be started
     */
    Process start(SandboxedCommand command, Path folder) throws IOException;

    /** Ends a command that {@link #start} started, and everything it started. */
    static void kill(Process process) {
        // Its leash ends it, and everything with it; a leash that is killed cannot.
        process.destroy();
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // The pipe is broken because the process is gone, which is what we want.
        }
    }

    /**
     * Finds isolation that works on this machine, trying each way with a real command: bubblewrap, then namespaces.
     *
     * @param allowUnsandboxed whether to go on with process limits alone where no isolation works
     * @throws SandboxUnavailableException where none works and {@code allowUnsandboxed} is false
     */
    static Sandbox detect(boolean allowUnsandboxed) throws SandboxUnavailableException, IOException {
        Path folder = Files.createTempDirectory("counterflow-probe-");
        List<String> tried = new ArrayList<>();
        try {
            Optional<Sandbox> found = Probe.firstThatWorks(candidates(folder, tried), folder, tried);
            if (found.isPresent()) {
                return found.get();
            }
        } finally {
            Files.deleteIfExists(folder);
        }
        if (allowUnsandboxed) {
            return new ProcessLimits();
        }
        throw new SandboxUnavailableException("untrusted programs cannot be isolated on this machine ("
                + String.join("; ", tried)
                + "). Install bubblewrap (apt-get install bubblewrap, dnf install bubblewrap) or allow unprivileged user namespaces"
                + " (sysctl user.max_user_namespaces), or accept process limits alone with allowUnsandboxed: true");
    }

    private static List<Sandbox> candidates(Path folder, List<String> tried) throws IOException {
        List<Sandbox> candidates = new ArrayList<>();
        boolean root = Probe.runsAsRoot(folder);
        Optional<Path> bwrap = Executables.find("bwrap");
        boolean namespaces = true;
        for (String tool : List.of("unshare", "mount", "umount", "pivot_root", "setpriv", "prlimit")) {
            if (Executables.find(tool).isEmpty()) {
                namespaces = false;
                tried.add("namespaces: no " + tool + " (package util-linux)");
            }
        }
        Optional<ControlGroups> groups = ControlGroups.find(Path.of("/sys/fs/cgroup"), Path.of("/proc/self/cgroup"));
        Optional<FilterFile> filter = FilterFile.write();
        if (bwrap.isPresent() && namespaces) {
            candidates.add(new BubblewrapSandbox(bwrap.get(), root, filter, groups));
            candidates.add(new BubblewrapSandbox(bwrap.get(), root, filter, Optional.empty()));
        } else if (bwrap.isEmpty()) {
            tried.add("bubblewrap: not installed");
        }
        if (namespaces) {
            candidates.add(new NamespaceSandbox(root, filter, groups));
        }
        return candidates;
    }
}
