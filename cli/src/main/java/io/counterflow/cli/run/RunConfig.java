package io.counterflow.cli.run;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.metrics.MetricsConfig;
import io.counterflow.log.LogConfig;
import io.counterflow.producer.ProducerConfig;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.assembler.AssemblerConfig;
import io.counterflow.scorer.recipe.Term;
import io.counterflow.scorer.service.ScorerConfig;
import io.counterflow.scorer.service.ScoringConfig;
import io.counterflow.trainer.TrainerConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A whole run: the log and the services on it. Each service can be run alone from the same file, which then leaves title and prompts aside. Nulls
 * stand for the defaults; without a producer nothing is sampled or scored, and the run learns from what is in the log.
 */
public record RunConfig(
        @JsonPropertyDescription("One line that says what is trained on what; the heading of the report.")
        String title,

        @JsonPropertyDescription("Files of prompts that a run brings into the log before it begins (default: none, the"
                + " prompts are there).")
        List<PromptFile> prompts,

        @JsonPropertyDescription("The log.") LogConfig log,
        @JsonPropertyDescription("Samples completions.") ProducerConfig producer,
        @JsonPropertyDescription("Scores them.") ScoringConfig scoring,

        @JsonPropertyDescription("Makes groups of completions and scores.")
        AssemblerConfig assembler,

        @JsonPropertyDescription("Learns from the groups.") TrainerConfig trainer,

        @JsonPropertyDescription("Numbers for Prometheus.") MetricsConfig metrics) {

    public RunConfig {
        prompts = prompts == null ? List.of() : List.copyOf(prompts);
        log = log == null ? new LogConfig(null, null, null, null, null, null) : log;
        scoring = scoring == null ? ScoringConfig.defaults() : scoring;
        metrics = metrics == null ? MetricsConfig.none() : metrics;
        assembler = assembler == null ? AssemblerConfig.defaults() : assembler;
    }

    /** The same with another trainer. */
    public RunConfig withTrainer(TrainerConfig other) {
        return new RunConfig(title, prompts, log, producer, scoring, assembler, other, metrics);
    }

    /** Scorers that the recipe cannot do without and that this configuration does not have: groups wait for scores that another process gives. */
    public List<ScorerId> scorersElsewhere() {
        Set<ScorerId> here = scoring.scorers().stream().map(ScorerConfig::id).collect(Collectors.toSet());
        return assembler.recipe().scorers().stream()
                .filter(t -> t.use() != Term.Use.SHADOW)
                .map(Term::id)
                .filter(id -> !here.contains(id))
                .toList();
    }

    /** The file with a recipe in which every scorer counts once, where it has scorers and does not say what becomes of their scores. */
    public static ConfigFile withRecipeTerms(ConfigFile file) {
        if (!file.has("scoring.scorers") || file.has("assembler.recipe.scorers")) {
            return file;
        }
        return file.with("assembler.recipe.scorers="
                + of(file).scoring().scorers().stream()
                        .map(ScorerConfig::id)
                        .map(id -> "{scorer: " + id.name() + ", version: '" + id.version() + "'}")
                        .collect(Collectors.joining(", ", "[", "]")));
    }

    /**
     * Binds a file.
     *
     * @throws io.counterflow.cli.config.ConfigException for anything in it that cannot be used
     */
    public static RunConfig of(ConfigFile file) {
        return file.bind(RunConfig.class);
    }
}
