package io.counterflow.cli.data;

import io.counterflow.cli.quickstart.ProgramFiles;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow data programs}. */
@Command(
        name = "programs",
        description = {
            "The quickstart's small programming tasks as files: prompts.jsonl and held-out.jsonl with unit tests,",
            "corpus.jsonl with programs many of which are wrong, and model/, the shape and the tokenizer of a policy to fit to it."
        },
        mixinStandardHelpOptions = true)
public final class ProgramsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder for the files.")
    private Path output;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "1",
            description = "The same seed, the same files (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() {
        ProgramFiles.Counts counts = ProgramFiles.write(output, seed);
        spec.commandLine()
                .getOut()
                .printf(
                        Locale.ROOT,
                        "%d tasks to learn from, %d held out, %d programs to begin with, in %s%n",
                        counts.training(),
                        counts.heldOut(),
                        counts.corpus(),
                        output);
        return 0;
    }
}
