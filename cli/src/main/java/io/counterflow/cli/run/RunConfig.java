package io.counterflow.cli.run;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.metrics.MetricsConfig;
import io.counterflow.log.LogConfig;
import io.counterflow.producer.ProducerConfig;
import io.counterflow.scorer.assembler.AssemblerConfig;
import io.counterflow.scorer.service.ScoringConfig;
import io.counterflow.trainer.TrainerConfig;

/** A whole run: the log and the services on it. Each service can be run alone from the same file. Nulls stand for the defaults. */
public record RunConfig(
        @JsonPropertyDescription("The log.") LogConfig log,
        @JsonPropertyDescription("Samples completions.") ProducerConfig producer,
        @JsonPropertyDescription("Scores them.") ScoringConfig scoring,

        @JsonPropertyDescription("Makes groups of completions and scores.")
        AssemblerConfig assembler,

        @JsonPropertyDescription("Learns from the groups.") TrainerConfig trainer,

        @JsonPropertyDescription("Numbers for Prometheus.") MetricsConfig metrics) {

    public RunConfig {
        log = log == null ? new LogConfig(null, null, null, null, null, null) : log;
        scoring = scoring == null ? ScoringConfig.defaults() : scoring;
        metrics = metrics == null ? MetricsConfig.none() : metrics;
        assembler = assembler == null ? AssemblerConfig.defaults() : assembler;
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
