package io.counterflow.cli.scores;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.report.Figures;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.decorator.ScorerSettings;
import io.counterflow.scorer.file.FileScoring;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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
public final class ScoreCommand implements Callable<Integer> {

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
            Counts counts = new Counts();
            FileScoring.Summary summary = new FileScoring(decorated, BATCH).score(input, output, counts::add);
            System.out.printf(
                    Locale.ROOT,
                    "%d of %d completions scored, mean %s; outcomes in %s%n",
                    summary.scored(),
                    summary.lines(),
                    Figures.number(summary.mean(), 4),
                    output);
            counts.describe().forEach(System.out::println);
            // Where nothing could be scored the scorer is at fault, not a text.
            return summary.scored() == 0 ? 1 : 0;
        }
    }

    /** What the user must know of a file beside its mean. */
    private static final class Counts {
        private final Map<String, Integer> notScored = new TreeMap<>();
        private final Set<String> ids = new HashSet<>();
        private int sameId;

        void add(ObjectNode outcome) {
            if (!ids.add(outcome.get("id").asText())) {
                sameId++;
            }
            for (String name : List.of("rejected", "failed", "timedOut")) {
                if (outcome.has(name)) {
                    notScored.merge(name.equals("timedOut") ? "timed out" : name, 1, Integer::sum);
                }
            }
        }

        List<String> describe() {
            List<String> lines = new ArrayList<>();
            if (!notScored.isEmpty()) {
                lines.add("not scored: "
                        + notScored.entrySet().stream()
                                .map(e -> e.getValue() + " " + e.getKey())
                                .collect(Collectors.joining(", "))
                        + "; each line of the file says why");
            }
            if (sameId > 0) {
                lines.add(sameId + (sameId == 1 ? " line has" : " lines have") + " the id of an earlier line");
            }
            return lines;
        }
    }
}
