package io.counterflow.cli.run;

import io.counterflow.cli.config.ConfigFile;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options by which a command finds the configuration of a run. */
public final class ConfigOptions {

    @Mixin
    private LogOptions logOptions;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "YAML file; 'counterflow config --print' shows every key.")
    private Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Set a key, e.g. trainer.objective.beta=0.2. Wins over the file. May be repeated.")
    private List<String> settings = List.of();

    /** The file with what the command line says on top. */
    public ConfigFile read() {
        ConfigFile config = file == null ? ConfigFile.empty() : ConfigFile.read(file);
        for (String setting : logOptions.settings()) {
            config = config.with(setting);
        }
        for (String setting : settings) {
            config = config.with(setting);
        }
        return config;
    }

    /** Where runs and the embedded broker keep their files. */
    public RunFolders folders() {
        return logOptions.folders();
    }
}
