package io.counterflow.scorer.learned;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.inspection.FolderInspection;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.encoding.EncodingConfig;
import io.counterflow.scorer.encoding.EncodingFile;
import io.counterflow.scorer.encoding.InputForm;
import io.counterflow.scorer.encoding.Truncation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** {@code reward-model}: the logit, or the probability of a label, that a sequence classifier gives to prompt and completion. */
public final class RewardModelScorerFactory implements ScorerFactory<RewardModelScorerFactory.Config> {

    /**
     * Configuration. What says how texts become tokens is taken from the model's {@code scorer.json} where it is not given.
     *
     * @param model folder, or name on the hub
     * @param label whose logit or probability counts
     * @param value what the logits are turned into
     * @param form one text or a pair
     * @param template of the text
     * @param chatTemplate whether conversations are spelled by the checkpoint's chat template
     * @param templateVariables what the chat template is told beside the conversation
     * @param maxLength most tokens of an input
     * @param truncation what is kept of a longer one
     * @param device cpu, cuda or auto
     * @param precision of matrix products
     * @param workers threads that share a batch
     * @param instances calls that compute at once, each with its own copy of the weights
     * @param tokensPerBatch most tokens computed at once, padding included
     */
    public record Config(
            @JsonPropertyDescription("Folder with a sequence classifier, or hf:org/name.")
            String model,

            @JsonPropertyDescription("Label whose logit or probability is the score; needed where there are several.")
            String label,

            @JsonPropertyDescription(
                    "logit, probability or log_odds. Default: logit of one label, probability of several.")
            RewardValue value,

            @JsonPropertyDescription("text: prompt and completion in one text; pair: as two texts. Default: text.")
            InputForm form,

            @JsonPropertyDescription(
                    "The text, of {prompt}, {completion} and {metadata.NAME}. Default: {prompt}{completion}.")
            String template,

            @JsonPropertyDescription(
                    "Whether conversations are spelled by the checkpoint's chat template, where it has one. Default: true.")
            Boolean chatTemplate,

            @JsonPropertyDescription("Variables of the chat template, e.g. {enable_thinking: false}. Default: none.")
            Map<String, Object> templateVariables,

            @JsonPropertyDescription("Most tokens of an input. Default: the model's context.")
            Integer maxLength,

            @JsonPropertyDescription("What is kept of an input with more tokens: head, tail or ends. Default: tail.")
            Truncation truncation,

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

        /** Checks what is given. */
        public Config {
            ModelSettings.of(model, device, precision, workers, instances, tokensPerBatch);
            new EncodingConfig(form, template, chatTemplate, templateVariables, maxLength, truncation);
        }

        ModelSettings modelSettings() {
            return ModelSettings.of(model, device, precision, workers, instances, tokensPerBatch);
        }

        EncodingConfig encoding() {
            return new EncodingConfig(form, template, chatTemplate, templateVariables, maxLength, truncation);
        }
    }

    /** For the service loader. */
    public RewardModelScorerFactory() {}

    @Override
    public String name() {
        return "reward-model";
    }

    /** A batch of 64 long completions takes a while on a CPU. */
    @Override
    public Duration timeLimit() {
        return Duration.ofMinutes(5);
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public void check(Config config) throws IOException {
        Optional<Path> folder = ModelSettings.folderHere(config.model);
        if (folder.isEmpty()) {
            return;
        }
        FolderInspection.Classifier model = FolderInspection.classifier(folder.get());
        EncodingFile.read(folder.get());
        if (model.labels().isPresent()) {
            RewardModelScorer.label(folder.get(), model.labels().get(), config.label);
        }
        if (Boolean.TRUE.equals(config.chatTemplate) && !model.chatTemplate()) {
            throw new IllegalArgumentException("chatTemplate is true, and " + folder.get() + " has no chat template");
        }
    }

    @Override
    public Scorer create(Config config) throws IOException {
        ClassifierPool pool = ClassifierPool.load(config.modelSettings());
        try {
            EncodingConfig encoding = config.encoding().or(EncodingFile.read(pool.folder()));
            return new RewardModelScorer(pool, encoding, config.label, config.value);
        } catch (IOException | RuntimeException e) {
            pool.close();
            throw e;
        }
    }
}
