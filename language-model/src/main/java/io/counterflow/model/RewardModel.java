package io.counterflow.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A reward model: one score a sequence, read at its last token. Hugging Face's {@code *ForSequenceClassification} with one label, in and
 * out. For one thread at a time.
 */
public final class RewardModel implements AutoCloseable {
    private static final int TOKENS_AT_ONCE = 8192;

    private final HeldCheckpoint held;
    private final Decoder decoder;

    private RewardModel(HeldCheckpoint held) {
        this.held = held;
        decoder = held.decoder();
    }

    /**
     * Loads a checkpoint.
     *
     * @throws CheckpointException when it is no reward model, or damaged
     */
    public static RewardModel load(Path checkpoint, ModelOptions options) {
        ModelConfig config = ModelConfig.read(checkpoint);
        if (config.head() != ModelHead.SEQUENCE_CLASSIFICATION || config.labels() != 1) {
            throw new CheckpointException("%s holds %s; a reward model is a %s with one label"
                    .formatted(
                            checkpoint,
                            config.labels() > 1
                                    ? "a classifier with " + config.labels() + " labels"
                                    : "a language model",
                            config.family().architecture(ModelHead.SEQUENCE_CLASSIFICATION)));
        }
        return new RewardModel(HeldCheckpoint.load(checkpoint, options));
    }

    /**
     * Starts from the decoder of a language model, with a head drawn at random.
     *
     * @param seed of the head
     */
    public static RewardModel startFrom(Path languageModel, long seed, ModelOptions options) {
        ModelConfig config = ModelConfig.read(languageModel);
        ObjectNode json = config.json();
        json.putArray("architectures").add(config.family().architecture(ModelHead.SEQUENCE_CLASSIFICATION));
        json.putObject("id2label").put("0", "LABEL_0");
        json.putObject("label2id").put("LABEL_0", 0);
        if (config.padTokenId().isEmpty() && !config.eosTokenIds().isEmpty()) {
            // transformers finds the last token of a padded batch by this one.
            json.put("pad_token_id", config.eosTokenIds().get(0));
        }
        return new RewardModel(HeldCheckpoint.load(languageModel, ModelConfig.of(json), seed, options));
    }

    public ModelConfig config() {
        return decoder.config();
    }

    public Tokenizer tokenizer() {
        return held.tokenizer();
    }

    /**
     * The score of each sequence.
     *
     * @param sequences without padding
     * @throws IllegalArgumentException when one is empty, longer than the context, or holds a token outside the vocabulary
     */
    public float[] scores(List<int[]> sequences) {
        float[] scores = new float[sequences.size()];
        List<Integer> order = IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingInt(i -> sequences.get(i).length))
                .toList();
        int from = 0;
        while (from < scores.length) {
            int to = from + 1;
            while (to < scores.length
                    && (to + 1 - from) * (long) sequences.get(order.get(to)).length <= TOKENS_AT_ONCE) {
                to++;
            }
            float[][] rows = decoder.lastLogits(
                    order.subList(from, to).stream().map(sequences::get).toList());
            for (int i = from; i < to; i++) {
                scores[order.get(i)] = rows[i - from][0];
            }
            from = to;
        }
        return scores;
    }

    /**
     * An optimizer of this model's weights.
     *
     * @throws IllegalStateException when the model was not loaded for training
     */
    public RewardOptimizer optimizer(OptimizerConfig config) {
        return new RewardOptimizer(decoder, held.trained(), held.options(), config);
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

    @Override
    public void close() {
        held.close();
    }
}
