package io.counterflow.cli.examples;

import io.counterflow.cli.Counterflow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An example's files in a folder of their own, with this build's classes behind the command that its script calls. */
final class ExampleScript {

    private final String name;
    private final Path folder;
    private final Path launcher;

    /** What a process said, and how it ended. */
    record Said(int exitCode, String output) {}

    private ExampleScript(String name, Path folder, Path launcher) {
        this.name = name;
        this.folder = folder;
        this.launcher = launcher;
    }

    /** Copies the example of this name from the project to {@code folder/examples}. */
    static ExampleScript of(String name, Path folder) throws IOException {
        Path from = Path.of("..", "examples", name);
        Path to = Files.createDirectories(folder.resolve("examples").resolve(name));
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        Path launcher = Files.writeString(
                folder.resolve("counterflow"),
                String.join(
                        "\n",
                        "#!/usr/bin/env bash",
                        "exec '" + Path.of(System.getProperty("java.home"), "bin", "java")
                                + "' -Xmx512m -XX:+UseSerialGC"
                                + " -XX:TieredStopAtLevel=1 -Dai.djl.offline=true -cp '"
                                + System.getProperty("java.class.path")
                                + "' " + Counterflow.class.getName() + " \"$@\"",
                        ""));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new ExampleScript(name, folder, launcher);
    }

    /** Runs the script. */
    Said run(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        return perform(environment, "bash", "examples/" + name + "/run.sh", arguments);
    }

    /** Runs one command. */
    Said counterflow(String command, String... arguments) throws IOException, InterruptedException {
        return perform(Map.of(), launcher.toString(), command, arguments);
    }

    private Said perform(Map<String, String> environment, String program, String first, String... rest)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program, first));
        command.addAll(List.of(rest));
        Path output = Files.createTempFile(folder, "said", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        builder.environment().put("COUNTERFLOW", launcher.toString());
        Process process = builder.start();
        try {
            return new Said(process.waitFor(), Files.readString(output));
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }
}
