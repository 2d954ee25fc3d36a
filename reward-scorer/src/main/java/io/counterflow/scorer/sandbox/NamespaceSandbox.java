package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Linux namespaces by util-linux's {@code unshare}, with a root directory of their own.
 *
 * <p>As root, the command runs under a user id that nothing else has, which makes the limit on processes its own. As anybody
 * else, it runs as that user, but in a user namespace without privilege, where the kernel (5.14 and later) counts processes
 * separately.
 */
final class NamespaceSandbox implements Sandbox {

    // Far above what systems and containers give out; the kernel needs no entry in any file.
    private static final int FIRST_USER = 0x7000_0000;
    private static final int USERS = 0x0F00_0000;

    /** Enters control groups, and asks to be killed with its parent. */
    private static final String ENTER = """
            groups=$1
            shift
            while [ "$groups" -gt 0 ]; do
                echo 0 >"$1/cgroup.procs" || exit 1
                shift
                groups=$((groups - 1))
            done
            exec setpriv --pdeathsig KILL -- "$@"
            """;

    private final boolean root;
    private final Optional<FilterFile> filter;
    private final String filterLoader;
    private final Optional<ControlGroups> groups;
    private final String script;
    private final Leash leash = new Leash(Leash.Target.CHILDREN);

    NamespaceSandbox(boolean root, Optional<FilterFile> filter, Optional<ControlGroups> groups) {
        this.root = root;
        Optional<String> loader = filterLoader();
        this.filter = loader.isPresent() ? filter : Optional.empty();
        this.filterLoader = loader.orElse("none");
        this.groups = groups;
        try (InputStream in = NamespaceSandbox.class.getResourceAsStream("namespaces.sh")) {
            this.script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What puts a filter of system calls on the command: util-linux since 2.39 does, and where it is older, perl can. */
    private static Optional<String> filterLoader() {
        if (Executables.says("setpriv", "--help", "--seccomp-filter")) {
            return Optional.of("setpriv");
        }
        return Executables.find("perl")
                .flatMap(perl -> SystemCallFilter.prctl(System.getProperty("os.arch")))
                .map(number -> Integer.toString(number));
    }

    @Override
    public String description() {
        return (root
                        ? "programs run isolated by Linux namespaces"
                        : "programs run isolated by unprivileged Linux namespaces")
                + (filter.isPresent()
                        ? " and seccomp"
                        : ", without a filter of system calls (setpriv here has none, and there is no perl)")
                + "; " + bounds();
    }

    @Override
    public String bounds() {
        return groups.isPresent() ? "memory and processes bounded by control groups" : PER_PROCESS;
    }

    @Override
    public boolean isolates() {
        return true;
    }

    @Override
    public Process start(SandboxedCommand command, Path folder) throws IOException {
        List<String> line = new ArrayList<>(List.of("/bin/sh", "-c", ENTER, "namespaces"));
        List<Path> made = groups.isEmpty() ? List.of() : groups.get().make(command.limits());
        line.add(Integer.toString(made.size()));
        made.forEach(group -> line.add(group.toString()));
        line.add(Executables.require("unshare"));
        if (!root) {
            line.addAll(List.of("--user", "--map-root-user"));
        }
        line.addAll(List.of("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--"));
        line.addAll(List.of("/bin/sh", "-c", script, "namespaces"));
        line.add(folder.toString());
        line.add(Long.toString(command.limits().scratchBytes()));
        line.add(command.processFileSystem() ? "proc" : "no-proc");
        line.add(
                root ? Integer.toString(FIRST_USER + ThreadLocalRandom.current().nextInt(USERS)) : "same-user");
        line.add(filter.map(file -> file.path().toString()).orElse("no-filter"));
        line.add(filterLoader);
        List<Path> visible = VisiblePaths.of(command.visible());
        line.add(Integer.toString(visible.size()));
        visible.forEach(path ->
                line.addAll(List.of(path.toString(), command.inside(path).toString())));
        List<String> limits = command.limits().prlimitOptions(true);
        line.add(Integer.toString(limits.size()));
        line.addAll(limits);
        line.addAll(command.command());
        try {
            Process process = leash.start(line, command, folder, made);
            groups.ifPresent(g -> g.removeAfter(process, made));
            return process;
        } catch (IOException e) {
            ControlGroups.remove(made);
            throw e;
        }
    }
}
