package io.counterflow.cli.config;

import io.counterflow.files.WholeFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterflow init}. */
@Command(
        name = "init",
        description =
                "Writes a commented run.yaml and a few prompts to start from; 'counterflow run' takes them as they are.",
        mixinStandardHelpOptions = true)
public final class InitCommand implements Callable<Integer> {

    private static final String CONFIGURATION = "run.yaml";
    private static final List<String> FILES = List.of(CONFIGURATION, "prompts.jsonl", "held-out.jsonl");

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "DIR",
            defaultValue = ".",
            description = "Folder to write into, made where it is not there (default: here).")
    private Path folder;

    @Option(names = "--force", description = "Overwrite files that are there.")
    private boolean force;

    @Override
    public Integer call() throws IOException {
        if (!force) {
            for (String name : FILES) {
                if (Files.exists(folder.resolve(name))) {
                    throw new ConfigException(folder.resolve(name) + " is there already; --force overwrites it");
                }
            }
        }
        Files.createDirectories(folder);
        for (String name : FILES) {
            try (InputStream in = InitCommand.class.getResourceAsStream("init/" + name)) {
                WholeFile.write(folder.resolve(name), in.readAllBytes());
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        boolean here = folder.normalize().toString().isEmpty();
        FILES.forEach(name -> out.println("wrote " + folder.resolve(name).normalize()));
        out.println("next:  " + (here ? "" : "cd " + folder + " && ") + "counterflow run --config " + CONFIGURATION);
        return 0;
    }
}
