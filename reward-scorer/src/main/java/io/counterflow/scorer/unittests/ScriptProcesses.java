package io.counterflow.scorer.unittests;

import io.counterflow.files.FileTree;
import io.counterflow.scorer.sandbox.Limits;
import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.sandbox.SandboxedCommand;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Sandboxed interpreters, started ahead of need and used once. Thread-safe. */
final class ScriptProcesses implements AutoCloseable {

    /** What an interpreter is for. */
    enum Role {
        /** To run a program that is asked from outside. */
        PROGRAM,
        /** To run the tests of such a program. */
        TESTS,
        /** To run a program as a script, with its standard streams. */
        CASE
    }

    private final Sandbox sandbox;
    private final Interpreter interpreter;
    private final int ahead;
    private final Path folder;
    private final Path harness;
    private final Map<Role, Queue<CompletableFuture<ScriptProcess>>> waiting = new EnumMap<>(Role.class);
    private final ExecutorService starter = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "script-starter");
        thread.setDaemon(true);
        return thread;
    });
    private boolean closed;

    ScriptProcesses(Sandbox sandbox, Interpreter interpreter, int ahead) throws IOException {
        this.sandbox = sandbox;
        this.interpreter = interpreter;
        this.ahead = ahead;
        this.folder = Files.createTempDirectory("counterflow-script-");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        this.harness = Files.createDirectory(folder.resolve("harness"));
        for (String name : interpreter.harness()) {
            try (InputStream in = ScriptProcesses.class.getResourceAsStream(interpreter.folder() + "/" + name)) {
                Files.copy(in, harness.resolve(name));
            }
        }
        interpreter.prepare(harness);
        try (var files = Files.walk(harness)) {
            for (Path file : files.toList()) {
                String mode = Files.isDirectory(file) ? "rwxr-xr-x" : "rw-r--r--";
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            }
        }
    }

    /** Words on how processes are bounded. */
    String bounds() {
        return sandbox.bounds();
    }

    /** A fresh process. */
    ScriptProcess take(Role role) throws IOException, InterruptedException {
        CompletableFuture<ScriptProcess> next;
        synchronized (waiting) {
            if (closed) {
                throw new IOException("the scorer is closed");
            }
            Queue<CompletableFuture<ScriptProcess>> queue = waiting.computeIfAbsent(role, r -> new ArrayDeque<>());
            next = queue.poll();
            while (queue.size() < (next == null ? ahead + 1 : ahead)) {
                queue.add(CompletableFuture.supplyAsync(() -> started(role), starter));
            }
            next = next == null ? queue.poll() : next;
        }
        try {
            return next.get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        }
    }

    private ScriptProcess started(Role role) {
        try {
            Path job = Files.createTempDirectory(folder, "job-");
            Path root = Files.createDirectory(job.resolve("root"));
            List<String> line = new ArrayList<>(interpreter.command());
            line.add(harness.resolve(interpreter.file(role)).toString());
            line.addAll(interpreter.arguments());
            List<Path> visible = new ArrayList<>(interpreter.visible());
            visible.add(harness);
            Limits limits = interpreter.limits();
            SandboxedCommand command = new SandboxedCommand(
                    line, interpreter.environment(), visible, interpreter.renamed(), false, true, limits);
            return new ScriptProcess(sandbox.start(command, root), job);
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    @Override
    public void close() throws IOException {
        List<CompletableFuture<ScriptProcess>> left = new ArrayList<>();
        synchronized (waiting) {
            closed = true;
            waiting.values().forEach(left::addAll);
            waiting.clear();
        }
        for (CompletableFuture<ScriptProcess> one : left) {
            try {
                one.join().close();
            } catch (CompletionException e) {
                // It never came up.
            }
        }
        starter.shutdownNow();
        FileTree.delete(folder);
    }
}
