package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts commands that cannot outlive this program. */
final class Leash {

    /*
     * A pipe from us is open as long as we live. When it ends, however we died, the command is killed; when the command ends, so
     * does the shell, with its exit code. The watcher is told first, lest it kill a stranger with a reused process id.
     */
    private static final String SCRIPT = """
            exec 3<&0
            "$@" 3<&- </dev/null &
            command=$!
            { cat <&3 >/dev/null; kill -KILL $command; } 2>/dev/null &
            watcher=$!
            exec 3<&-
            wait $command
            code=$?
            kill -KILL $watcher
            exit $code
            """;

    private Leash() {}

    static Process start(List<String> command, Map<String, String> environment, Path folder) throws IOException {
        List<String> line = new ArrayList<>(List.of("/bin/sh", "-c", SCRIPT, "leash"));
        line.addAll(command);
        ProcessBuilder builder =
                new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().putAll(environment);
        return builder.start();
    }
}
