package io.counterflow.cli.run;

import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.config.OptionSetting;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.cli.log.RunFolders;
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
        ConfigFile config = readWithoutLog();
        for (OptionSetting setting : logSettings()) {
            config = config.with(setting);
        }
        return config;
    }

    /** The file with what {@code --set} says on top, but not what the options of the log say. */
    public ConfigFile readWithoutLog() {
        ConfigFile config = file == null ? ConfigFile.empty() : ConfigFile.read(file);
        for (String setting : settings) {
            config = config.set(setting);
        }
        return config;
    }

    /** What the options of the log say. */
    public List<OptionSetting> logSettings() {
        return logOptions.settings();
    }

    /** Whether there is a file or a setting. */
    public boolean configures() {
        return file != null || !settings.isEmpty();
    }

    /** Where runs and the embedded broker keep their files. */
    public RunFolders folders() {
        return logOptions.folders();
    }
}
