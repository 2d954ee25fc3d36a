package io.counterflow.cli.scorer;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.log.lines.BadLine;
import io.counterflow.log.lines.OnBadLine;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.dataset.Dataset;
import io.counterflow.scorer.dataset.Example;
import io.counterflow.scorer.dataset.LabelledText;
import io.counterflow.scorer.dataset.NliPair;
import io.counterflow.scorer.dataset.Partition;
import io.counterflow.scorer.dataset.PreferencePair;
import io.counterflow.scorer.decorator.ScorerSettings;
import io.counterflow.scorer.evaluation.Report;
import io.counterflow.scorer.evaluation.ScorerEvaluation;
import io.counterflow.scorer.evaluation.ScorerEvaluation.Judgement;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterflow evaluate-scorer}. */
@Command(
        name = "evaluate-scorer",
        description = {
            "Judges a scorer by examples whose answer is known: accuracy, calibration, confusion.",
            "Any scorer can be judged by preferences; labels and NLI need one that gives probabilities of classes."
        },
        sortOptions = false,
        mixinStandardHelpOptions = true)
public final class EvaluateScorerCommand implements Callable<Integer> {

    private static final int BATCH = 64;

    @Parameters(index = "0", paramLabel = "SCORER", description = "The scorer, e.g. reward-model or entailment.")
    private String name;

    /** Where the examples are. */
    static final class Data {
        @Option(
                names = "--pairs",
                paramLabel = "FILE",
                description = "Preferences, one {\"prompt\", \"chosen\", \"rejected\"} a line, gzipped or not.")
        private Path pairs;

        @Option(
                names = "--labels",
                paramLabel = "FILE",
                description =
                        "Labelled texts, one {\"text\", \"label\"} or {\"prompt\", \"completion\", \"label\"} a line.")
        private Path labels;

        @Option(
                names = "--nli",
                paramLabel = "FILE",
                description =
                        "Pairs, one {\"premise\", \"hypothesis\", \"label\"} a line; each hypothesis is judged whole.")
        private Path nli;
    }

    @ArgGroup(multiplicity = "1")
    private Data data;

    @Option(names = "--model", paramLabel = "MODEL", description = "Short for --setting model=MODEL.")
    private String model;

    @Option(names = "--setting", paramLabel = "NAME=VALUE", description = "A setting of the scorer. May be repeated.")
    private Map<String, String> settings = Map.of();

    @Option(names = "--plugins", paramLabel = "DIR", description = "Folder with jars of further scorers.")
    private Path plugins;

    @Option(names = "--limit", paramLabel = "N", description = "Judge by at most so many examples, drawn at random.")
    private Integer limit;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of what --limit draws (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--on-bad-line",
            paramLabel = "ACTION",
            defaultValue = "FAIL",
            description =
                    "fail: a file with broken lines is not used; skip: they are left out and reported (default: ${DEFAULT-VALUE}).")
    private OnBadLine onBadLine;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the report as JSON, too.")
    private Path json;

    @Override
    public Integer call() throws Exception {
        Map<String, Object> all = new HashMap<>(settings);
        if (model != null) {
            all.put("model", model);
        }
        if (name.equals("reward-model") || name.equals("entailment")) {
            // Nothing else runs beside an evaluation.
            all.putIfAbsent("workers", Runtime.getRuntime().availableProcessors());
        }
        if (data.pairs != null) {
            List<PreferencePair> pairs = examples(data.pairs, Dataset.pairs(data.pairs, onBadLine));
            return evaluate(data.pairs, all, 2L * pairs.size(), evaluation -> evaluation.pairs(pairs));
        }
        if (data.labels != null) {
            List<LabelledText> texts = examples(data.labels, Dataset.labels(data.labels, onBadLine));
            if (name.equals("reward-model")) {
                // All probabilities are looked at; which of them is the score does not matter here.
                all.putIfAbsent("label", texts.get(0).label());
            }
            return evaluate(data.labels, all, texts.size(), evaluation -> evaluation.labels(texts));
        }
        List<NliPair> pairs = examples(data.nli, Dataset.nli(data.nli, onBadLine));
        if (name.equals("entailment")) {
            all.put("unit", "whole");
        }
        return evaluate(data.nli, all, pairs.size(), evaluation -> evaluation.nli(pairs));
    }

    private <E extends Example> List<E> examples(Path file, Dataset<E> read) {
        for (BadLine line : read.badLines()) {
            System.err.println(file + ", " + line);
        }
        return limit == null ? read.examples() : Partition.sample(read.examples(), limit, seed);
    }

    /** One of the three evaluations. */
    private interface Evaluation {
        Judgement<? extends Report> of(ScorerEvaluation evaluation) throws Exception;
    }

    private int evaluate(Path file, Map<String, Object> all, long completions, Evaluation kind) throws Exception {
        ScorerCatalog catalog = plugins == null ? ScorerCatalog.onClassPath() : ScorerCatalog.with(plugins);
        Stages stages = new Stages(System.err, InstantSource.system(), 1, Terminal.isThere());
        Judgement<? extends Report> judgement;
        try (Scorer scorer = ScorerSettings.defaults()
                        .decorate(
                                catalog.create(name, all), catalog.factory(name).timeLimit());
                Stages.Bar bar = stages.start("scoring", completions)) {
            judgement = kind.of(new ScorerEvaluation(scorer, BATCH, done -> bar.at(done, "")));
        }
        System.out.println(ReportTables.of(file.getFileName().toString(), judgement.report()));
        if (json != null) {
            JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build()
                    .writeValue(json.toFile(), judgement.report());
        }
        if (judgement.failures().isEmpty()) {
            return 0;
        }
        System.err.printf(
                "counterflow: %d examples have no score; the first: %s%n",
                judgement.failures().size(), judgement.failures().get(0));
        return 1;
    }
}
