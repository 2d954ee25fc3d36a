package io.counterflow.cli;

import io.counterflow.cli.config.ConfigFile;
import io.counterflow.scorer.Scorer;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.decorator.ScorerSettings;
import io.counterflow.scorer.file.FileScoring;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code counterflow score}. */
@Command(
        name = "score",
        description =
                "Scores the completions of a file, without Kafka: one JSON object a line with id, prompt, completion and metadata.",
        mixinStandardHelpOptions = true)
final class ScoreCommand implements Callable<Integer> {

    private static final int BATCH = 64;

    @Option(names = "--scorer", required = true, paramLabel = "NAME", description = "The scorer, e.g. unit-tests.")
    private String scorer;

    @Option(names = "--input", required = true, paramLabel = "FILE", description = "Completions.")
    private Path input;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE",
            description = "Outcomes, in the order of the input.")
    private Path output;

    @Option(
            names = "--settings",
            paramLabel = "FILE",
            description = "YAML file with the scorer's settings, as under 'settings' in a run's configuration.")
    private Path settingsFile;

    @Option(
            names = "--setting",
            paramLabel = "NAME=VALUE",
            description = "A setting of the scorer, as text; wins over the file. May be repeated.")
    private Map<String, String> settings = Map.of();

    @Option(names = "--plugins", paramLabel = "DIR", description = "Folder with jars of further scorers.")
    private Path plugins;

    @Option(
            names = "--allow-unsandboxed",
            description = "Run programs under process limits alone where there is no isolation.")
    private boolean allowUnsandboxed;

    @Override
    public Integer call() throws Exception {
        Map<String, Object> all = new HashMap<>();
        if (settingsFile != null) {
            all.putAll(ConfigFile.read(settingsFile).asMap());
        }
        all.putAll(settings);
        if (allowUnsandboxed) {
            all.put("allowUnsandboxed", true);
        }
        ScorerCatalog catalog = plugins == null ? ScorerCatalog.onClassPath() : ScorerCatalog.with(plugins);
        try (Scorer decorated = ScorerSettings.defaults()
                .decorate(catalog.create(scorer, all), catalog.factory(scorer).timeLimit())) {
            FileScoring.Summary summary = new FileScoring(decorated, BATCH).score(input, output);
            System.out.printf(
                    Locale.ROOT,
                    "%d of %d completions scored, mean %.4f; outcomes in %s%n",
                    summary.scored(),
                    summary.lines(),
                    summary.mean(),
                    output);
            if (!summary.notScored().isEmpty()) {
                System.out.println("not scored: "
                        + summary.notScored().entrySet().stream()
                                .map(e -> e.getValue() + " " + (e.getKey().equals("timedOut") ? "timed out" : e.getKey()))
                                .collect(Collectors.joining(", ")));
            }
            if (summary.sameId() > 0) {
                System.out.println(summary.sameId() + " lines have the id of an earlier line");
            }
            return 0;
        }
    }
}
