package io.counterflow.cli.check;

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
        description =
                "Checks a configuration, as far as that can be done without a broker; with --print shows what is in force, every key with its description.",
        mixinStandardHelpOptions = true)
public final class ConfigCommand implements Callable<Integer> {

    @Mixin
    private ConfigOptions options;

    @Option(names = "--print", description = "Print the whole configuration as YAML.")
    private boolean print;

    @Option(
            names = "--for",
            paramLabel = "COMMAND",
            defaultValue = "file",
            description =
                    "Check it as this command would: ${COMPLETION-CANDIDATES}. Default: what all of them ask for.")
    private Scope scope;

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
        if (print) {
            System.out.print(new ConfigPrinter().print(RunConfig.of(RunConfig.withRecipeTerms(file))));
            return 0;
        }
        ConfigCheck check = ConfigCheck.of(options.read(), scope, options.folders());
        check.require();
        System.out.println("the configuration is valid");
        check.unchecked().forEach(what -> System.out.println("not checked: " + what));
        check.remarks().forEach(System.out::println);
        return 0;
    }
}
