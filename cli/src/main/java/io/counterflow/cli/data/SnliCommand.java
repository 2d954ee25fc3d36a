package io.counterflow.cli.data;

import io.counterflow.cli.progress.DownloadProgress;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.model.source.CacheFolder;
import io.counterflow.model.source.SourceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow data snli}. */
@Command(
        name = "snli",
        description = {
            "570,000 pairs of sentences, each judged by people: does the second follow from the first (entailment), may it be (neutral), or can it"
                    + " not (contradiction)? (Bowman et al. 2015, \"A large annotated corpus for learning natural language inference\", CC BY-SA 4.0)",
            "One {\"premise\": ..., \"hypothesis\": ..., \"label\": ...} a line, for 'train-scorer entailment --nli'. Pairs that people did not agree on"
                    + " are left out."
        },
        mixinStandardHelpOptions = true)
public final class SnliCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "Where the pairs go; gzipped where the name ends with .gz.")
    private Path output;

    @Option(
            names = "--split",
            defaultValue = "train",
            paramLabel = "SPLIT",
            description = "train (549,367 pairs), dev (9,842) or test (9,824) (default: ${DEFAULT-VALUE}).")
    private SnliCorpus.Split split;

    @Option(names = "--limit", paramLabel = "N", description = "Only the first N pairs (default: all).")
    private long limit = Long.MAX_VALUE;

    @Option(
            names = "--url",
            paramLabel = "ADDRESS|FILE",
            description = {
                "A mirror of the archive, or the archive itself where it is here already (default: https://nlp.stanford.edu/projects/snli/snli_1.0.zip).",
                "It is checked by its size and SHA-256 wherever it comes from. What is fetched is kept in .cache/counterflow of the home folder, or in"
                        + " COUNTERFLOW_HOME, so that another split need not be."
            })
    private String url;

    @Override
    public Integer call() throws IOException {
        if (limit < 1) {
            throw new IllegalArgumentException("--limit is " + limit + ", must be 1 or more");
        }
        SnliCorpus.Counts counts = SnliCorpus.write(archive(SnliCorpus.PUBLISHED), split, limit, output);
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT,
                "%,d pairs of the %s split in %s; %,d without an agreed label left out%n",
                counts.written(),
                split.spelled(),
                output,
                counts.unlabelled());
        out.flush();
        return 0;
    }

    private Path archive(SnliCorpus corpus) throws IOException {
        if (url != null && !url.matches("(?i)https?://.*")) {
            return corpus.checked(file());
        }
        try (DownloadProgress progress = new DownloadProgress(System.err, Terminal.isThere())) {
            SnliCorpus wanted = url == null ? corpus : corpus.at(URI.create(url));
            return wanted.fetch(CacheFolder.ofEnvironment().resolve("data"), progress);
        } catch (SourceException e) {
            throw new SourceException(e.getMessage() + "; --url names a mirror, or a snli_1.0.zip that is here", e);
        }
    }

    private Path file() {
        try {
            return url.startsWith("file:") ? Path.of(URI.create(url)) : Path.of(url);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("--url is \"" + url + "\", neither an address nor a file", e);
        }
    }
}
