package io.counterflow.scorer.learned;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.inspection.FolderInspection;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.time.Duration;
import java.util.List;

/**
 * {@code entailment}: whether a source entails the completion, as the faithfulness of summaries is measured (Laban et al. 2022, "SummaC:
 * Re-Visiting NLI-based Models for Inconsistency Detection in Summarization"): each sentence of the completion is held against each part of
 * the source, and the part that supports it most counts.
 */
public final class EntailmentScorerFactory implements ScorerFactory<EntailmentScorerFactory.Config> {

    /** What is judged at once. */
    public enum Unit {
        /** Each sentence of the completion. */
        SENTENCE,
        /** The whole completion. */
        WHOLE
    }

    /** How sure the model is that a unit follows. */
    public enum Value {
        /** P(entailment). */
        ENTAILMENT,
        /** P(entailment) - P(contradiction). */
        DIFFERENCE
    }

    /** What the sentences' values make together. */
    public enum Combination {
        /** The lowest: one unsupported sentence is enough. */
        MIN,
        /** Their mean. */
        MEAN
    }

    /** The parts of the source that sentences are held against. */
    public enum SourceParts {
        /** As much of it as the model's context takes. */
        CONTEXT,
        /** Each of its sentences. */
        SENTENCE
    }

    /**
     * Configuration.
     *
     * @param model folder, or name on the hub
     * @param source name of the metadata that holds the source; null for the prompt
     * @param unit what is judged at once
     * @param value of a unit
     * @param combine what the units' values make together
     * @param sourceParts parts of the source
     * @param labels names of the model's labels in order of their ids, where its own say nothing
     * @param maxLength most tokens of source part and unit together
     * @param device cpu, cuda or auto
     * @param precision of matrix products
     * @param workers threads that share a batch
     * @param instances calls that compute at once, each with its own copy of the weights
     * @param tokensPerBatch most tokens computed at once, padding included
     */
    public record Config(
            @JsonPropertyDescription("Folder with an NLI classifier, or hf:org/name.")
            String model,

            @JsonPropertyDescription(
                    "Metadata that holds the source, e.g. document. Default: the prompt is the source.")
            String source,

            @JsonPropertyDescription(
                    "sentence: each sentence of the completion is judged; whole: the completion. Default: sentence.")
            Unit unit,

            @JsonPropertyDescription(
                    "entailment: P(entailment); difference: less P(contradiction). Default: entailment.")
            Value value,

            @JsonPropertyDescription("mean or min over the sentences. Default: mean.")
            Combination combine,

            @JsonPropertyDescription(
                    "context: sentences are held against as much of the source as the model takes; sentence: against"
                            + " each of its sentences. Default: context.")
            SourceParts sourceParts,

            @JsonPropertyDescription("The model's labels in order of their ids, where its id2label says nothing.")
            @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
            List<String> labels,

            @JsonPropertyDescription("Most tokens of source part and sentence together. Default: the model's context.")
            Integer maxLength,

            @JsonPropertyDescription("cpu, cuda, cuda:N or auto. Default: cpu.")
            String device,

            @JsonPropertyDescription("float32 or bfloat16. Default: float32.")
            Precision precision,

            @JsonPropertyDescription("Threads that share a batch. Default: 1.")
            Integer workers,

            @JsonPropertyDescription("Calls that compute at once, each with its own copy of the weights. Default: 1.")
            Integer instances,

            @JsonPropertyDescription("Most tokens computed at once, padding included. Default: 8192.")
            Integer tokensPerBatch) {

        /** Fills in defaults. */
        public Config {
            ModelSettings.of(model, device, precision, workers, instances, tokensPerBatch);
            unit = requireNonNullElse(unit, Unit.SENTENCE);
            value = requireNonNullElse(value, Value.ENTAILMENT);
            combine = requireNonNullElse(combine, Combination.MEAN);
            sourceParts = requireNonNullElse(sourceParts, SourceParts.CONTEXT);
            labels = labels == null ? List.of() : List.copyOf(labels);
            if (maxLength != null && (maxLength < 16 || maxLength > 100_000_000)) {
                throw new IllegalArgumentException(
                        "maxLength " + maxLength + " must be at least 16 and at most 100000000 tokens");
            }
        }

        ModelSettings modelSettings() {
            return ModelSettings.of(model, device, precision, workers, instances, tokensPerBatch);
        }
    }

    /** For the service loader. */
    public EntailmentScorerFactory() {}

    @Override
    public String name() {
        return "entailment";
    }

    /** A batch of 64 long summaries takes a while on a CPU. */
    @Override
    public Duration timeLimit() {
        return Duration.ofMinutes(5);
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public void check(Config config) {
        ModelSettings.folderHere(config.model)
                .flatMap(folder -> FolderInspection.classifier(folder).labels())
                .ifPresent(labels -> EntailmentScorer.labels(config, labels));
    }

    @Override
    public Scorer create(Config config) {
        ClassifierPool pool = ClassifierPool.load(config.modelSettings());
        try {
            return new EntailmentScorer(pool, config);
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }
}
