package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

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

    /*
     * The kernel kills a command with the thread that started it, where the command asked for that. This one lives as long as we.
     */
    private static final ExecutorService STARTER = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "sandbox-starter");
        thread.setDaemon(true);
        return thread;
    });

    private Leash() {}

    /** Starts a command whose standard input is empty; what ends it is the end of the pipe to it. */
    static Process start(List<String> command, Map<String, String> environment, Path folder) throws IOException {
        List<String> line = new ArrayList<>(List.of("/bin/sh", "-c", SCRIPT, "leash"));
        line.addAll(command);
        return builder(line, environment, folder).redirectErrorStream(true).start();
    }

    /** Starts a command that reads what is written to it, and that sees to it itself that the kernel ends it with its parent. */
    static Process startReading(List<String> command, Map<String, String> environment, Path folder) throws IOException {
        ProcessBuilder builder = builder(command, environment, folder);
        try {
            return STARTER.submit(builder::start).get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted while a command was started");
        }
    }

    private static ProcessBuilder builder(List<String> line, Map<String, String> environment, Path folder) {
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().putAll(environment);
        return builder;
    }
}
