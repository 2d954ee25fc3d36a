package io.counterflow.model;

import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.LengthBatches;
import io.counterflow.model.decoder.PromptRow;
import io.counterflow.model.decoder.TokenBatch;
import io.counterflow.model.decoder.WeightList;
import io.counterflow.model.engine.Workers;
import io.counterflow.model.sampling.Row;
import io.counterflow.model.sampling.Sampler;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A language model: a Hugging Face checkpoint in memory, that samples, gives log-probabilities, learns, and is saved in the form in
 * which it came.
 *
 * <p>For one thread at a time. Several models may be used by several threads, also while one of them trains. On the CPU the same calls
 * give the same bytes.
 */
public final class LanguageModel implements AutoCloseable {
    // Tokens, padding included, that run forward at a time where no gradient is wanted.
    private static final int TOKENS_AT_ONCE = 8192;

    private final HeldCheckpoint held;
    private final Decoder decoder;
    private final Workers workers;
    private final Sampler sampler;
    private final Set<Integer> endTokens;

    private LanguageModel(HeldCheckpoint held) {
        this.held = held;
        decoder = held.decoder();
        Set<Integer> ends = new LinkedHashSet<>(held.endTokens());
        if (ends.isEmpty()) {
            held.tokenizer().ifPresent(tokenizer -> tokenizer.eosTokenId().ifPresent(ends::add));
        }
        endTokens = Set.copyOf(ends);
        workers = new Workers(held.options().workers(), "language-model");
        sampler = new Sampler(decoder, workers, held::nonFiniteLogits);
    }

    /**
     * Loads a folder of {@code config.json}, {@code model.safetensors} (or shards) and {@code tokenizer.json}; or a folder with an
     * adapter in PEFT's form, which goes on the base that it names.
     *
     * @throws io.counterflow.model.checkpoint.CheckpointException when the model is of no supported kind, or weights or adapter do not
     *     fit it
     */
    public static LanguageModel load(Path checkpoint, ModelOptions options) {
        ModelConfig config = CheckpointParts.of(checkpoint).config();
        if (config.head() != ModelHead.CAUSAL_LANGUAGE_MODEL) {
            throw new CheckpointException(
                    "%s holds a sequence classifier (%s), which scores texts and has none of its own"
                            .formatted(checkpoint, config.family().architecture(config.head())));
        }
        return new LanguageModel(HeldCheckpoint.load(checkpoint, options));
    }

    /**
     * As {@link #load}, without the tokenizer, which the folder may lack. Such a model takes and gives tokens: its samples have an empty text
     * and end at no stop string.
     */
    public static LanguageModel loadWithoutTokenizer(Path checkpoint, ModelOptions options) {
        return new LanguageModel(HeldCheckpoint.loadWithoutTokenizer(checkpoint, options));
    }

    /**
     * A model with random weights, as transformers would start it.
     *
     * @param tokenizerJson the tokenizer, or a folder with one
     * @param seed the same seed gives the same weights
     */
    public static LanguageModel initialise(ModelConfig config, Path tokenizerJson, long seed, ModelOptions options) {
        return new LanguageModel(HeldCheckpoint.initialise(config, tokenizerJson, seed, options));
    }

    public ModelConfig config() {
        return decoder.config();
    }

    /** The tokens that end a completion, by generation_config.json or else config.json; empty where only the tokenizer knows. */
    public List<Integer> endTokens() {
        return held.endTokens();
    }

    /**
     * Text to tokens and back.
     *
     * @throws IllegalStateException when the model was loaded without
     */
    public Tokenizer tokenizer() {
        return held.tokenizer()
                .orElseThrow(() -> new IllegalStateException("The model was loaded without a tokenizer"));
    }

    /**
     * ln p of every completion token given all before it, in nats; no gradient. Memory does not grow with the number of sequences or the
     * size of the vocabulary: the logits are never held all at once.
     *
     * @return one array a sequence, as long as its completion
     * @throws IllegalArgumentException when a sequence has an empty prompt, is longer than the context, or holds a token outside the
     *     vocabulary
     * @throws NonFiniteLogitsException when a log-probability is no number
     */
    public List<float[]> tokenLogProbabilities(List<TokenSequence> sequences) {
        return tokenLogProbabilities(decoder.policy(), sequences);
    }

    /**
     * The same under the model without its adapter: the reference policy of a model that trains one, with no second copy of the weights.
     * Without an adapter, the same values.
     */
    public List<float[]> referenceTokenLogProbabilities(List<TokenSequence> sequences) {
        return tokenLogProbabilities(decoder.base(), sequences);
    }

    private List<float[]> tokenLogProbabilities(WeightList weights, List<TokenSequence> sequences) {
        float[][] result = new float[sequences.size()][];
        // Sequences with the same prompt together: they share rows.
        Map<IntBuffer, List<Integer>> byPrompt = new LinkedHashMap<>();
        for (int i = 0; i < result.length; i++) {
            byPrompt.computeIfAbsent(IntBuffer.wrap(sequences.get(i).prompt()), prompt -> new ArrayList<>())
                    .add(i);
        }
        List<Integer> order = byPrompt.values().stream().flatMap(List::stream).toList();
        List<PromptRow> rows =
                TokenSequence.rows(order.stream().map(sequences::get).toList(), config());
        long tokens = rows.stream().mapToLong(PromptRow::length).sum();
        int most = (int) Math.min(TOKENS_AT_ONCE, (tokens + workers.count() - 1) / workers.count());
        List<Runnable> batches = new ArrayList<>();
        for (List<Integer> batchRows :
                LengthBatches.of(rows.size(), i -> rows.get(i).length(), most)) {
            List<Integer> places = batchRows.stream()
                    .map(rows::get)
                    .flatMap(row -> order.subList(row.from(), row.to()).stream())
                    .toList();
            batches.add(() -> {
                TokenBatch batch =
                        TokenSequence.batch(places.stream().map(sequences::get).toList(), config());
                List<float[]> values = batch.layout().split(decoder.targetLogProbabilities(weights, batch));
                for (int i = 0; i < values.size(); i++) {
                    if (!finite(values.get(i))) {
                        throw held.nonFiniteLogits();
                    }
                    result[places.get(i)] = values.get(i);
                }
            });
        }
        workers.run(batches);
        return Arrays.asList(result);
    }

    static boolean finite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** Logits of the token that would follow each sequence. */
    public float[][] nextTokenLogits(List<int[]> sequences) {
        return decoder.lastLogits(sequences);
    }

    /**
     * Samples one completion for each request; see {@link SampleRequest} for what a sample depends on.
     *
     * @return in the order of the requests
     * @throws IllegalArgumentException when a prompt is empty, holds a token outside the vocabulary, or leaves no room in the context
     * @throws NonFiniteLogitsException when a sampled token's log-probability is no number
     */
    public List<Sample> sample(List<SampleRequest> requests) {
        List<Row> rows = requests.stream()
                .map(request -> request.row(endTokens, held.tokenizer()))
                .toList();
        sampler.run(rows);
        return rows.stream().map(Sample::of).toList();
    }

    /**
     * An optimizer of this model's weights.
     *
     * @throws IllegalStateException when the model was not loaded for training
     */
    public PolicyOptimizer optimizer(OptimizerConfig config) {
        return new PolicyOptimizer(held, config);
    }

    /**
     * Writes the model into an existing folder as Hugging Face lays it out: configuration, weights in the types in which they came, and
     * the files of the tokenizer. An adapter is worked into what is written. Not atomic: who needs that writes beside and renames.
     */
    public void save(Path folder) {
        held.save(folder);
    }

    /**
     * Writes the adapter alone into an existing folder, in PEFT's form, with the SHA-256 of its base in the header of its weights.
     *
     * @throws IllegalStateException when there is none
     */
    public void saveAdapter(Path folder) {
        held.saveAdapter(folder);
    }

    /**
     * Works the adapter into the weights; the model then has none.
     *
     * @throws IllegalStateException when the model was loaded for training
     */
    public void merge() {
        held.merge();
    }

    /**
     * Puts a saved adapter on in the place of the one that there is, or takes that off where none is given. The weights below are neither
     * read nor copied.
     *
     * @throws io.counterflow.model.checkpoint.CheckpointException when it does not fit, or names another base by its hash; the model is
     *     then as before
     * @throws IllegalStateException when the model was loaded for training
     */
    public void swapAdapter(Optional<Path> folder) {
        held.swapAdapter(folder);
    }

    /** Whether there is an adapter. */
    public boolean hasAdapter() {
        return decoder.adapter() != null;
    }

    /**
     * SHA-256, in hexadecimal, by which a policy is known: with an adapter that of the {@code adapter_model.safetensors} that {@link
     * #saveAdapter} would write, which names its base by {@link #baseSha256}; else {@link #weightsSha256}.
     */
    public String policySha256() {
        return hasAdapter() ? held.adapterSha256() : held.sha256();
    }

    /** {@link #weightsSha256} without the adapter. */
    public String baseSha256() {
        return held.baseSha256();
    }

    /** SHA-256, in hexadecimal, of the {@code model.safetensors} that {@link #save} would write as one file. */
    public String weightsSha256() {
        return held.sha256();
    }

    /** The decoder, for tests that look inside. */
    Decoder decoder() {
        return decoder;
    }

    @Override
    public void close() {
        workers.close();
        held.close();
    }
}
