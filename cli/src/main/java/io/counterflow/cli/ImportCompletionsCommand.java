package io.counterflow.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.model.NamedCheckpoints;
import io.counterflow.cli.model.TemplateVariableOption;
import io.counterflow.cli.run.ConfigOptions;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.imports.completions.CompletionColumns;
import io.counterflow.imports.completions.CompletionImporter;
import io.counterflow.imports.completions.SampleField;
import io.counterflow.imports.prompts.PromptColumns;
import io.counterflow.log.HiddenRecords;
import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.GenerationConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.model.tokenizer.chat.TemplateVariables;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Brings completions that were written elsewhere into the log. */
abstract class ImportCompletionsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOptions options;

    @Parameters(paramLabel = "FILE", description = "JSON lines, gzipped or not.")
    private Path file;

    @Option(
            names = "--run",
            required = true,
            paramLabel = "ID",
            description = "Name that the groups are found under: trainer.source.runs of the run that learns from them.")
    private String runId;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "Model whose tokenizer and chat template are used: a folder, hf:org/name or stories15m"
                    + " (default: trainer.model of the configuration).")
    private String model;

    @Option(
            names = "--task",
            defaultValue = "imported",
            paramLabel = "NAME",
            description = "Name of this collection of prompts (default: ${DEFAULT-VALUE}).")
    private String task;

    @Option(
            names = "--prompt-column",
            paramLabel = "NAME",
            description = "Column with the prompt (default: the first there is of the usual names).")
    private String promptColumn;

    @Option(
            names = "--metadata",
            paramLabel = "NAME=VALUE",
            description = "Metadata that every prompt gets. May be repeated.")
    private Map<String, String> constants = Map.of();

    @Option(
            names = "--on-bad-line",
            paramLabel = "ACTION",
            defaultValue = "FAIL",
            description =
                    "FAIL: import nothing of a file with broken lines; SKIP: report them and import the rest (default: ${DEFAULT-VALUE}).")
    private OnBadLine onBadLine;

    @Mixin
    private TemplateVariableOption templateVariables;

    abstract CompletionImporter.Kind kind();

    abstract CompletionColumns columns(PromptColumns prompts);

    @Override
    public Integer call() {
        if (!runId.matches("[A-Za-z0-9._-]{1,100}")) {
            throw new ConfigException(
                    "--run " + runId + ": a run's name has letters, digits, dots, dashes, underscores");
        }
        ConfigFile configuration = options.read();
        String name = model != null
                ? model
                : configuration
                        .text("trainer.model")
                        .orElseThrow(
                                () -> new ConfigException(
                                        "--model is not given: completions are stored as the tokens of the model that will learn from them"));
        CheckpointParts parts = CheckpointParts.of(NamedCheckpoints.find(name));
        ModelConfig config = parts.config();
        try (Tokenizer tokenizer = Tokenizer.load(parts.tokenizerFolder(), config.vocabularySize());
                LogAccess access = LogAccess.open(RunConfig.of(configuration).log(), options.folders())) {
            access.log().createTopics();
            CompletionImporter.Result result = new CompletionImporter(
                            access.log(),
                            PromptEncoder.of(
                                            tokenizer,
                                            GenerationConfig.read(parts.base()).endTokens(config))
                                    .withVariables(variables(RunConfig.of(configuration))),
                            config.maxPositions(),
                            InstantSource.system())
                    .importFile(
                            file,
                            new CompletionImporter.Request(
                                    kind(),
                                    runId,
                                    task,
                                    columns(new PromptColumns(promptColumn, null, constants)),
                                    onBadLine));
            report(result);
            if (result.groups() == 0 && result.there() == 0) {
                throw new NothingImportedException(
                        file,
                        kind() == CompletionImporter.Kind.PREFERENCES ? "pairs" : "completions",
                        result.notTaken().counts().isEmpty() ? result.badLines() : List.of());
            }
            return 0;
        }
    }

    /** Those of the configuration, as the producer uses them, and those of the command before them. */
    private Map<String, JsonNode> variables(RunConfig run) {
        Map<String, JsonNode> all = new TreeMap<>(TemplateVariables.of(
                run.producer() == null ? null : run.producer().templateVariables()));
        all.putAll(templateVariables.variables());
        return all;
    }

    private void report(CompletionImporter.Result result) {
        for (BadLine line : result.badLines()) {
            spec.commandLine().getErr().println(file + ", " + line);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%d groups with %d completions are in the log now as run %s; %d were there before, %d lines broken%n",
                result.groups(),
                result.completions(),
                runId,
                result.there(),
                result.badLines().size());
        boolean pairs = kind() == CompletionImporter.Kind.PREFERENCES;
        result.notTaken()
                .describe(pairs ? "pair" : "completion", pairs ? "pairs" : "completions")
                .forEach(line -> out.println("not taken: " + line));
        for (HiddenRecords hidden : result.hidden()) {
            out.println("counted as there though not committed yet: what the file has among " + hidden
                    + "; import the file again when it has ended");
        }
        out.flush();
    }

    /** {@code counterflow import completions}. */
    @Command(
            name = "completions",
            description = {
                "Brings completions that people or other programs wrote into the log, to be scored and trained on.",
                "Lines have a prompt and a completion, or an array of completions, or chat messages that end with the assistant's words."
                        + " Token ids, log-probabilities, masks, policy version and settings of a line are taken as they are and checked."
                        + " All completions of one prompt make one group; those of a later file make a further one. Importing a file again"
                        + " changes nothing. What is not taken is counted, by cause."
            },
            mixinStandardHelpOptions = true)
    static final class Completions extends ImportCompletionsCommand {

        @Option(
                names = "--completion-column",
                paramLabel = "NAME",
                description =
                        "Column with the completion (default: the first there is of completion, completions, response, responses,"
                                + " messages that end with the assistant's turn, answer, output).")
        private String completionColumn;

        @Option(
                names = "--score",
                paramLabel = "SCORER=COLUMN",
                description = "A column that goes into the log as the scores of a scorer, version 1. May be repeated.")
        private Map<String, String> scores = Map.of();

        @Option(
                names = "--column",
                paramLabel = "FIELD=COLUMN",
                description =
                        "A column that says how completions were sampled, where its name is none of the usual ones:"
                                + " prompt-token-ids, token-ids, sequence-token-ids, log-probabilities, mask, policy-version, finish-reason,"
                                + " sampling, temperature, ... FIELD= takes what has such a name for metadata. May be repeated.")
        private Map<String, String> columns = Map.of();

        @Option(
                names = "--every-turn",
                description =
                        "Of a conversation, the completion is everything from the assistant's first turn to its last, and a mask says which tokens the"
                                + " assistant wrote, as the chat template tells it (default: its last turn alone).")
        private boolean everyTurn;

        @Override
        CompletionImporter.Kind kind() {
            return CompletionImporter.Kind.COMPLETIONS;
        }

        @Override
        CompletionColumns columns(PromptColumns prompts) {
            Map<SampleField, String> samples = new EnumMap<>(SampleField.class);
            columns.forEach((label, column) -> samples.put(
                    SampleField.of(label)
                            .orElseThrow(() -> new ConfigException("--column " + label + "=" + column
                                    + ": no such field; there are " + SampleField.labels())),
                    column));
            return new CompletionColumns(prompts, completionColumn, scores, samples, everyTurn);
        }
    }

    /** {@code counterflow import preferences}. */
    @Command(
            name = "preferences",
            description = {
                "Brings pairs of completions, of which one was preferred, into the log.",
                "Lines have chosen and rejected, and a prompt, or conversations that begin alike. Each pair is a group of its own; of pairs"
                        + " that contradict each other none is taken, and counted. The preference is written as scores of"
                        + " 1 and -1 of the scorer 'preference'; a recipe may use these, or other scorers, or both."
                        + " Importing a file again changes nothing."
            },
            mixinStandardHelpOptions = true)
    static final class Preferences extends ImportCompletionsCommand {

        @Override
        CompletionImporter.Kind kind() {
            return CompletionImporter.Kind.PREFERENCES;
        }

        @Override
        CompletionColumns columns(PromptColumns prompts) {
            return new CompletionColumns(prompts, null, null);
        }
    }
}
