package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Starts commands that cannot outlive this program. Between the two stands a shell ({@code leash.sh}) that ends the command when it
 * gets SIGTERM, from {@link Sandbox#kill}, or SIGUSR1, from the kernel when this program has died, however it did. Thread-safe.
 */
final class Leash {

    /** What is to be killed of a command. */
    enum Target {
        /** Its children, with which it ends: those of a command that makes a process namespace. */
        CHILDREN,
        /** The command, with its process group where it leads one. */
        COMMAND
    }

    /*
     * The kernel speaks to a command when the thread that started it dies, where the command asked for that. This one lives as long
     * as we.
     */
    private static final ExecutorService STARTER = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "sandbox-starter");
        thread.setDaemon(true);
        return thread;
    });

    private static final String SCRIPT = script();

    private final Target target;
    private final List<String> kernelsWord;

    Leash(Target target) {
        this.target = target;
        this.kernelsWord = Executables.says("setpriv", "--help", "--pdeathsig")
                ? List.of(Executables.require("setpriv"), "--pdeathsig", "USR1", "--")
                : List.of();
    }

    private static String script() {
        try (InputStream in = Leash.class.getResourceAsStream("leash.sh")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts one.
     *
     * @param line what to run
     * @param command what is run in it: its environment, and whether it reads
     * @param groups control groups of its own, which are removed where it is killed
     */
    Process start(List<String> line, SandboxedCommand command, Path folder, List<Path> groups) throws IOException {
        List<String> whole = new ArrayList<>(kernelsWord);
        whole.addAll(List.of("/bin/sh", "-c", SCRIPT, "leash"));
        whole.add(Long.toString(ProcessHandle.current().pid()));
        whole.add(kernelsWord.isEmpty() ? "watch" : "pdeathsig");
        whole.add(command.reads() ? "reads" : "empty");
        whole.add(target == Target.CHILDREN ? "children" : "command");
        whole.add(Integer.toString(groups.size()));
        groups.forEach(group -> whole.add(group.toString()));
        whole.addAll(line);
        ProcessBuilder builder =
                new ProcessBuilder(whole).directory(folder.toFile()).redirectErrorStream(!command.reads());
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().putAll(command.environment());
        try {
            return STARTER.submit(builder::start).get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while a command was started");
        }
    }
}
