package io.counterflow.cli.report;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.files.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code counterflow report}. */
@Command(
        name = "report",
        description = "Shows a run as the log has it: a table here, and a self-contained page with plots.",
        mixinStandardHelpOptions = true)
public final class ReportCommand implements Callable<Integer> {

    @Mixin
    private LogOptions logOptions;

    @Option(names = "--run", required = true, paramLabel = "ID", description = "The run.")
    private String runId;

    @Option(names = "--output", paramLabel = "FILE", description = "Write the page here.")
    private Path output;

    @Override
    public Integer call() throws IOException {
        try (LogAccess access = logOptions.open()) {
            Stages stages = new Stages(System.err, InstantSource.system(), 0, Terminal.isThere());
            RunSummary summary = new RunReading(access.log(), stages).read(runId, "Run " + runId);
            System.out.println(new TerminalReport().render(summary));
            if (output != null) {
                WholeFile.write(output, new HtmlReport().render(summary));
                System.out.println("report     " + output);
            }
            return 0;
        }
    }
}
