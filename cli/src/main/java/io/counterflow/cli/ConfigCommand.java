package io.counterflow.cli;

import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.config.ConfigPrinter;
import io.counterflow.cli.run.ConfigOptions;
import io.counterflow.cli.run.RunConfig;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code counterflow config}. */
@Command(
        name = "config",
        description = "Checks a configuration; with --print shows what is in force, every key with its description.",
        mixinStandardHelpOptions = true)
final class ConfigCommand implements Callable<Integer> {

    @Mixin
    private ConfigOptions options;

    @Option(names = "--print", description = "Print the whole configuration as YAML.")
    private boolean print;

    @Override
    public Integer call() {
        ConfigFile file = options.read();
        if (print) {
            // Whoever prints to start from has no names to give yet.
            file = file.withDefault("producer.runId", "my-run")
                    .withDefault("producer.task", "my-task")
                    .withDefault("producer.seed", "1")
                    .withDefault("trainer.runId", "my-run")
                    .withDefault("trainer.model", "path/to/checkpoint");
        }
        if (file.has("producer")) {
            // 'counterflow run' fills these in.
            file = file.withDefault("producer.runId", "a-run")
                    .withDefault("producer.task", "a-task")
                    .withDefault("producer.seed", "1");
        }
        RunConfig config = RunConfig.of(RunConfig.withRecipeTerms(file));
        System.out.print(
                print ? new ConfigPrinter().print(config) : "the configuration is valid" + System.lineSeparator());
        return 0;
    }
}
