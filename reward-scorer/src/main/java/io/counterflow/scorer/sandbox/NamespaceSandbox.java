package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    private final boolean root;
    private final String script;

    NamespaceSandbox(boolean root) {
        this.root = root;
        try (InputStream in = NamespaceSandbox.class.getResourceAsStream("namespaces.sh")) {
            this.script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String description() {
        return root
                ? "programs run isolated by Linux namespaces"
                : "programs run isolated by unprivileged Linux namespaces";
    }

    @Override
    public boolean isolates() {
        return true;
    }

    @Override
    public Process start(SandboxedCommand command, Path folder) throws IOException {
        List<String> line = new ArrayList<>(List.of(Executables.require("unshare")));
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
        List<Path> visible = VisiblePaths.of(command.visible());
        line.add(Integer.toString(visible.size()));
        visible.forEach(path -> line.add(path.toString()));
        List<String> limits = command.limits().prlimitOptions(true);
        line.add(Integer.toString(limits.size()));
        line.addAll(limits);
        line.addAll(command.command());
        return Leash.start(line, command.environment(), folder);
    }
}
