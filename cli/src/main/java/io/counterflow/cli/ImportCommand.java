package io.counterflow.cli;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.run.ConfigOptions;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.imports.prompts.PromptColumns;
import io.counterflow.imports.prompts.PromptImporter;
import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.OnBadLine;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterflow import}. */
@Command(
        name = "import",
        description = "Brings data into the log.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ImportCommand.Prompts.class,
            ImportCompletionsCommand.Completions.class,
            ImportCompletionsCommand.Preferences.class,
            ImportTopicCommand.class
        })
final class ImportCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "What is to be imported?");
    }

    /** {@code counterflow import prompts}. */
    @Command(
            name = "prompts",
            description =
                    "Brings prompts into the log, one JSON object a line, gzipped or not. Importing a file again changes nothing.",
            mixinStandardHelpOptions = true)
    static final class Prompts implements Callable<Integer> {

        @Mixin
        private ConfigOptions options;

        @Parameters(
                paramLabel = "FILE",
                description = "Lines with a prompt (text or chat messages); other columns become metadata.")
        private Path file;

        @Option(
                names = "--task",
                required = true,
                paramLabel = "NAME",
                description = "Name of this collection of prompts.")
        private String task;

        @Option(
                names = "--split",
                paramLabel = "NAME",
                description = "Part of the task, e.g. held-out (default: each line's column 'split', or train).")
        private String split;

        @Option(
                names = "--prompt-column",
                paramLabel = "NAME",
                description =
                        "Column with the prompt (default: the first there is of prompt, messages, conversations, question, instruction,"
                                + " problem, text).")
        private String promptColumn;

        @Option(
                names = "--column",
                paramLabel = "NEW=COLUMN",
                description = "Metadata under another name than its column, e.g. tests=test. May be repeated.")
        private Map<String, String> columns = Map.of();

        @Option(
                names = "--metadata",
                paramLabel = "NAME=VALUE",
                description = "Metadata that every prompt gets, e.g. language=java. May be repeated.")
        private Map<String, String> constants = Map.of();

        @Option(
                names = "--on-bad-line",
                paramLabel = "ACTION",
                defaultValue = "FAIL",
                description =
                        "FAIL: import nothing of a file with broken lines; SKIP: report them and import the rest (default: ${DEFAULT-VALUE}).")
        private OnBadLine onBadLine;

        @Override
        public Integer call() {
            RunConfig config = RunConfig.of(options.read());
            try (LogAccess access = LogAccess.open(config.log(), options.folders())) {
                access.log().createTopics();
                PromptImporter.Result result = new PromptImporter(access.log(), InstantSource.system())
                        .importFile(
                                file,
                                task,
                                Optional.ofNullable(split),
                                new PromptColumns(promptColumn, columns, constants),
                                onBadLine);
                for (BadLine line : result.badLines()) {
                    System.err.println(file + ", " + line);
                }
                if (result.imported() == 0) {
                    throw new NothingImportedException(file, "prompts", result.badLines());
                }
                System.out.printf(
                        "%d prompts of task %s are in the log; %d lines were duplicates, %d broken%n",
                        result.imported(),
                        task,
                        result.duplicates(),
                        result.badLines().size());
                if (result.otherMetadata() > 0) {
                    System.out.println(
                            result.otherMetadata()
                                    + " of the duplicates have other metadata than the first line of their prompt, whose metadata were taken");
                }
                return 0;
            }
        }
    }
}
