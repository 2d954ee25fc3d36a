package io.counterflow.cli.report;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.files.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code counterflow compare-runs}. */
@Command(
        name = "compare-runs",
        description = {
            "Shows runs side by side, as they were evaluated on held-out prompts: reward, scores, and what the reward cost.",
            "A table here, and a self-contained page with curves."
        },
        mixinStandardHelpOptions = true)
public final class CompareRunsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private LogOptions logOptions;

    @Parameters(arity = "1..*", paramLabel = "RUN", description = "Runs, by id.")
    private List<String> runs;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Write the page here.")
    private Path output;

    @Override
    public Integer call() throws IOException {
        try (LogAccess access = logOptions.open()) {
            Stages stages = new Stages(System.err, InstantSource.system(), 0, Terminal.isThere());
            RunReading reader = new RunReading(access.log(), stages);
            RunComparison comparison = new RunComparison(
                    runs.stream().map(id -> reader.read(id, "Run " + id)).toList());
            spec.commandLine().getOut().println(comparison.table());
            if (output != null) {
                WholeFile.write(output, new HtmlReport().render(comparison));
                spec.commandLine().getOut().println("page " + output);
            }
            return 0;
        }
    }
}
