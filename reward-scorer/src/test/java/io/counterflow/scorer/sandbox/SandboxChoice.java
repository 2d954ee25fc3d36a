package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The sandboxes of this machine by name. */
final class SandboxChoice {

    private SandboxChoice() {}

    /** The named one; a test that needs it is skipped where it does not work, as in a container without privilege. */
    static Sandbox of(String isolation, Path folder) throws IOException {
        if (isolation.equals("none")) {
            return new ProcessLimits();
        }
        boolean root = Probe.runsAsRoot(folder);
        Optional<ControlGroups> groups = ControlGroups.find(Path.of("/sys/fs/cgroup"), Path.of("/proc/self/cgroup"));
        Optional<Path> bwrap = Executables.find("bwrap");
        Assumptions.assumeTrue(isolation.equals("namespaces") || bwrap.isPresent(), "bubblewrap is not installed");
        Sandbox sandbox = isolation.equals("bubblewrap")
                ? new BubblewrapSandbox(bwrap.get(), root, FilterFile.write(), groups)
                : new NamespaceSandbox(root, FilterFile.write(), groups);
        List<String> tried = new ArrayList<>();
        Assumptions.assumeTrue(
                Probe.firstThatWorks(List.of(sandbox), folder, tried).isPresent(), tried::toString);
        return sandbox;
    }
}
