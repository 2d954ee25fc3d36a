package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Isolation by bubblewrap ({@code bwrap}), with a filter of system calls and, where this program may make them, control groups.
 *
 * <p>A mount namespace of our own comes first, for a scratch folder from which nothing can be executed and whose files are
 * counted, which bubblewrap cannot make. As root the command runs under a user id that nothing else has; as anybody else it runs
 * as that user, in a user namespace without privilege.
 */
final class BubblewrapSandbox implements Sandbox {

    // Far above what systems and containers give out; the kernel needs no entry in any file.
    private static final int FIRST_USER = 0x7000_0000;
    private static final int USERS = 0x0F00_0000;

    /*
     * Arguments: the filter's file, bytes of scratch, the folder to mount it on, how many control groups and their folders, the
     * command, which finds the filter at descriptor 9.
     */
    private static final String SCRIPT = """
            filter=$1
            scratch=$2
            folder=$3
            groups=$4
            shift 4
            while [ "$groups" -gt 0 ]; do
                echo 0 >"$1/cgroup.procs" || exit 1
                shift
                groups=$((groups - 1))
            done
            mount -t tmpfs -o "size=$scratch,nr_inodes=4096,mode=1777,nosuid,nodev,noexec" scratch "$folder" || exit 1
            exec 9<"$filter"
            exec "$@"
            """;

    private final Path bwrap;
    private final boolean root;
    private final Optional<FilterFile> filter;
    private final Optional<ControlGroups> groups;
    private final Leash leash = new Leash(Leash.Target.CHILDREN);

    BubblewrapSandbox(Path bwrap, boolean root, Optional<FilterFile> filter, Optional<ControlGroups> groups) {
        this.bwrap = bwrap;
        this.root = root;
        this.filter = filter;
        this.groups = groups;
    }

    @Override
    public String description() {
        return "programs run isolated by bubblewrap" + (filter.isPresent() ? " and seccomp" : "") + "; " + bounds();
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
        List<String> line = new ArrayList<>();
        line.add(Executables.require("unshare"));
        if (!root) {
            line.addAll(List.of("--user", "--map-root-user"));
        }
        line.addAll(List.of("--mount", "--", "/bin/sh", "-c", SCRIPT, "bubblewrap"));
        line.add(filter.map(file -> file.path().toString()).orElse("/dev/null"));
        line.add(Long.toString(command.limits().scratchBytes()));
        line.add(folder.toString());
        List<Path> made = groups.isEmpty() ? List.of() : groups.get().make(command.limits());
        line.add(Integer.toString(made.size()));
        made.forEach(group -> line.add(group.toString()));
        line.addAll(bubblewrap(command, folder));
        try {
            Process process = leash.start(line, command, folder, made);
            groups.ifPresent(g -> g.removeAfter(process, made));
            return process;
        } catch (IOException e) {
            ControlGroups.remove(made);
            throw e;
        }
    }

    private List<String> bubblewrap(SandboxedCommand command, Path folder) {
        List<String> line = new ArrayList<>(List.of(bwrap.toString()));
        line.addAll(
                List.of("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"));
        line.addAll(List.of("--die-with-parent", "--new-session", "--cap-drop", "ALL"));
        if (root) {
            line.addAll(List.of("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"));
        }
        filter.ifPresent(file -> line.addAll(List.of("--seccomp", "9")));
        // Read-only, for the folder of shared memory in it has no bound.
        line.addAll(
                List.of("--tmpfs", "/", "--dev", "/dev", "--remount-ro", "/dev", "--bind", folder.toString(), "/tmp"));
        if (command.processFileSystem()) {
            line.addAll(List.of("--proc", "/proc"));
        }
        List<Path> visible = new ArrayList<>(command.visible());
        String prlimit = Executables.require("prlimit");
        visible.add(Path.of(prlimit));
        String setpriv = root ? Executables.require("setpriv") : "";
        if (root) {
            visible.add(Path.of(setpriv));
        }
        List<Path> paths = VisiblePaths.of(visible);
        // Bubblewrap makes folders that it needs for its own user alone.
        for (Path above : foldersAbove(paths.stream().map(command::inside).toList())) {
            line.addAll(List.of("--perms", "0755", "--dir", above.toString()));
        }
        for (Path path : paths) {
            line.addAll(
                    List.of("--ro-bind", path.toString(), command.inside(path).toString()));
        }
        line.addAll(List.of("--remount-ro", "/", "--chdir", "/tmp", "--", prlimit));
        line.addAll(command.limits().prlimitOptions(true));
        line.add("--");
        if (root) {
            String user =
                    Integer.toString(FIRST_USER + ThreadLocalRandom.current().nextInt(USERS));
            line.addAll(List.of(setpriv, "--reuid", user, "--regid", user, "--clear-groups"));
            line.addAll(List.of("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"));
        }
        line.addAll(command.command());
        return line;
    }

    private static Set<Path> foldersAbove(List<Path> paths) {
        Set<Path> folders = new TreeSet<>();
        for (Path path : paths) {
            for (Path above = path.getParent(); above.getNameCount() > 0; above = above.getParent()) {
                folders.add(above);
            }
        }
        return folders;
    }
}
