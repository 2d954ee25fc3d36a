package io.counterflow.cli.data;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow data debian-tldr}. */
@Command(
        name = "debian-tldr",
        description = {
            "Descriptions of Debian's packages and their one-line summaries, written by the packages' maintainers.",
            "Needs a Debian or Ubuntu machine: apt fetches the descriptions (about 30 MB) into a folder of its own, and changes nothing else."
                    + " Lines have prompt and completion for 'train-policy' and 'import prompts', and id, document and summary."
        },
        mixinStandardHelpOptions = true)
public final class DebianTldrCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder for train.jsonl.gz and validation.jsonl.gz.")
    private Path output;

    @Option(
            names = "--validation-share",
            defaultValue = "0.05",
            paramLabel = "SHARE",
            description = "Documents held out, chosen by a hash of their text (default: ${DEFAULT-VALUE}).")
    private double validationShare;

    @Option(
            names = "--seed",
            defaultValue = "1",
            paramLabel = "N",
            description = "Enters the hash (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        spec.commandLine().getErr().println("fetching package descriptions with apt");
        SplitFiles files = new SplitFiles(output, validationShare, seed);
        Path work = output.resolveSibling(output.getFileName() + ".apt").toAbsolutePath();
        SplitFiles.Counts counts = files.write(new AptDescriptions("apt-get").fetch(work));
        out.printf(
                Locale.ROOT,
                "%,d documents with summaries in %s: %,d to learn from, %,d held out%n",
                counts.training() + counts.validation(),
                output,
                counts.training(),
                counts.validation());
        out.flush();
        return 0;
    }
}
