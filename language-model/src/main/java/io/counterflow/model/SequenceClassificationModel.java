package io.counterflow.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.ClassLabels;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.LengthBatches;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * A decoder with a classification head: logits, one a label, read at a sequence's last token that is not the one for padding. Hugging
 * Face's {@code *ForSequenceClassification}, in and out; with one label it is a reward model. For one thread at a time.
 */
public final class SequenceClassificationModel implements AutoCloseable {
    private static final int TOKENS_AT_ONCE = 8192;

    private final HeldCheckpoint held;
    private final Decoder decoder;

    private SequenceClassificationModel(HeldCheckpoint held) {
        this.held = held;
        decoder = held.decoder();
    }

    /**
     * Loads a checkpoint, or an adapter of a classifier whose base is a classifier or a language model.
     *
     * @throws CheckpointException when it has no classification head, or is damaged
     */
    public static SequenceClassificationModel load(Path checkpoint, ModelOptions options) {
        CheckpointParts parts = CheckpointParts.of(checkpoint);
        ModelConfig config = parts.config();
        if (config.head() != ModelHead.SEQUENCE_CLASSIFICATION) {
            throw new CheckpointException("%s holds %s; a classifier is a %s"
                    .formatted(
                            checkpoint,
                            parts.adapter().isPresent() ? "an adapter of a language model" : "a language model",
                            config.family().architecture(ModelHead.SEQUENCE_CLASSIFICATION)));
        }
        return new SequenceClassificationModel(HeldCheckpoint.load(checkpoint, options));
    }

    /**
     * Starts from the decoder of a language model or of another classifier, with a head drawn at random.
     *
     * @param labels names of the labels, in order of their ids
     * @param seed of the head
     */
    public static SequenceClassificationModel startFrom(
            Path checkpoint, List<String> labels, long seed, ModelOptions options) {
        ModelConfig config = ModelConfig.read(checkpoint);
        ObjectNode json = config.json();
        json.putArray("architectures").add(config.family().architecture(ModelHead.SEQUENCE_CLASSIFICATION));
        ClassLabels.write(labels, json);
        if (config.padTokenId().isEmpty() && !config.eosTokenIds().isEmpty()) {
            // transformers finds the last token of a padded batch by this one.
            json.put("pad_token_id", config.eosTokenIds().get(0));
        }
        return new SequenceClassificationModel(HeldCheckpoint.load(checkpoint, ModelConfig.of(json), seed, options));
    }

    public ModelConfig config() {
        return decoder.config();
    }

    /** Names of the labels, in the order of the logits. */
    public List<String> labels() {
        return ClassLabels.read(config().json());
    }

    public Tokenizer tokenizer() {
        return held.tokenizer().orElseThrow();
    }

    /**
     * The logits of each sequence, [sequences][labels].
     *
     * @param sequences without padding
     * @throws IllegalArgumentException when one is empty, longer than the context, or holds a token outside the vocabulary
     * @throws NonFiniteLogitsException when a logit is no number
     */
    public float[][] logits(List<int[]> sequences) {
        float[][] logits = new float[sequences.size()][];
        for (List<Integer> places : LengthBatches.of(sequences.size(), i -> sequences.get(i).length, TOKENS_AT_ONCE)) {
            float[][] rows =
                    decoder.lastLogits(places.stream().map(sequences::get).toList());
            for (int i = 0; i < rows.length; i++) {
                if (!LanguageModel.finite(rows[i])) {
                    throw held.nonFiniteLogits();
                }
                logits[places.get(i)] = rows[i];
            }
        }
        return logits;
    }

    /**
     * An optimizer of this model's weights.
     *
     * @throws IllegalStateException when the model was not loaded for training
     */
    public SequenceClassificationOptimizer optimizer(OptimizerConfig config) {
        return new SequenceClassificationOptimizer(held, config);
    }

    /** Writes the model into an existing folder, as {@link LanguageModel#save} does. */
    public void save(Path folder) {
        held.save(folder);
    }

    /** Writes the adapter alone into an existing folder, in PEFT's form. */
    public void saveAdapter(Path folder) {
        held.saveAdapter(folder);
    }

    /** SHA-256, in hexadecimal, of the {@code model.safetensors} that {@link #save} would write as one file. */
    public String weightsSha256() {
        return held.sha256();
    }

    Decoder decoder() {
        return decoder;
    }

    @Override
    public void close() {
        held.close();
    }
}
