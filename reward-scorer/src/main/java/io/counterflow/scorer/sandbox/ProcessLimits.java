package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** No isolation: limits on each process where {@code prlimit} is installed, and nothing else. */
final class ProcessLimits implements Sandbox {

    private final Optional<Path> prlimit = Executables.find("prlimit");
    private final Leash leash = new Leash(Leash.Target.COMMAND);

    @Override
    public String description() {
        return "programs run WITHOUT isolation, under process limits alone: they can read files and use the network as this user";
    }

    @Override
    public boolean isolates() {
        return false;
    }

    @Override
    public Process start(SandboxedCommand command, Path folder) throws IOException {
        List<String> line = new ArrayList<>();
        // A process group of its own, so that what it starts ends with it, unless that leaves the group.
        Executables.find("setsid").ifPresent(path -> line.add(path.toString()));
        prlimit.ifPresent(path -> {
            line.add(path.toString());
            // The limit on processes counts all of this user's, ours included: it would stop programs at random.
            line.addAll(command.limits().prlimitOptions(false));
            line.add("--");
        });
        line.addAll(command.command());
        return leash.start(line, command, folder, List.of());
    }
}
