package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Isolation by bubblewrap ({@code bwrap}), which needs no privilege. */
final class BubblewrapSandbox implements Sandbox {

    private final Path bwrap;

    BubblewrapSandbox(Path bwrap) {
        this.bwrap = bwrap;
    }

    @Override
    public String description() {
        return "programs run isolated by bubblewrap";
    }

    @Override
    public boolean isolates() {
        return true;
    }

    @Override
    public Process start(SandboxedCommand command, Path folder) throws IOException {
        Path prlimit = Path.of(Executables.require("prlimit"));
        List<String> line = new ArrayList<>(
                List.of(bwrap.toString(), "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"));
        line.addAll(List.of("--tmpfs", "/", "--dev", "/dev"));
        line.addAll(List.of("--size", Long.toString(command.limits().scratchBytes()), "--tmpfs", "/tmp"));
        if (command.processFileSystem()) {
            line.addAll(List.of("--proc", "/proc"));
        }
        List<Path> visible = new ArrayList<>(command.visible());
        visible.add(prlimit);
        for (Path path : VisiblePaths.of(visible)) {
            line.addAll(List.of("--ro-bind", path.toString(), path.toString()));
        }
        line.addAll(List.of("--remount-ro", "/", "--chdir", "/tmp", "--", prlimit.toString()));
        line.addAll(command.limits().prlimitOptions(true));
        line.add("--");
        line.addAll(command.command());
        return Leash.start(line, command.environment(), folder);
    }
}
