package io.counterflow.scorer.sandbox;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A command and what it may see.
 *
 * @param command the program, as an absolute path, and its arguments
 * @param environment its whole environment
 * @param visible files and folders besides the system's libraries that it can read, under the same paths as outside
 * @param renamed the paths under which some of the visible folders appear inside, where their own would tell whose they are
 * @param processFileSystem whether it sees {@code /proc}; without it a program cannot reach its own memory and descriptors as
 *     files
 * @param reads whether it reads what is written to its standard input, and its standard error is apart from its standard output;
 *     otherwise its input is empty, and both outputs are one
 * @param limits what it may use
 */
public record SandboxedCommand(
        List<String> command,
        Map<String, String> environment,
        List<Path> visible,
        Map<Path, Path> renamed,
        boolean processFileSystem,
        boolean reads,
        Limits limits) {

    /** Copies the collections. */
    public SandboxedCommand {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        visible = List.copyOf(visible);
        renamed = Map.copyOf(renamed);
        requireNonNull(limits, "limits is null");
        if (command.isEmpty() || !Path.of(command.get(0)).isAbsolute()) {
            throw new IllegalArgumentException("command " + command + " must begin with an absolute path");
        }
    }

    /** A command whose standard input is empty. */
    public SandboxedCommand(
            List<String> command,
            Map<String, String> environment,
            List<Path> visible,
            boolean processFileSystem,
            Limits limits) {
        this(command, environment, visible, Map.of(), processFileSystem, false, limits);
    }

    /** A command that sees everything under the same paths as outside. */
    public SandboxedCommand(
            List<String> command,
            Map<String, String> environment,
            List<Path> visible,
            boolean processFileSystem,
            boolean reads,
            Limits limits) {
        this(command, environment, visible, Map.of(), processFileSystem, reads, limits);
    }

    /** Under which path a visible one appears inside. */
    Path inside(Path path) {
        return renamed.getOrDefault(path, path);
    }
}
