package io.counterflow.cli.quickstart;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.files.WholeFolder;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.trainer.likelihood.LikelihoodGradient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Makes the quickstart's base policy: a small Llama, pre-trained by likelihood on programs many of which are wrong. What comes out depends on the
 * settings and the seed alone.
 */
final class BasePolicy {

    private static final int POSITIONS = 64;
    private static final int BATCH = 64;
    private static final double WARM_UP = 0.05;
    private static final double CLEAN_TO_NOISY = 2;
    // Nothing else runs meanwhile; a number of its own, not the machine's, because the weights depend on it.
    private static final int WORKERS = 2;

    /**
     * What the base policy is made of.
     *
     * @param steps optimizer steps of pre-training
     * @param learningRate the peak, reached after a short warm-up and decayed to nothing
     * @param noise probability that a part of a corpus program is drawn at random; reached half-way, from none
     */
    record Settings(
            int hiddenSize, int feedForwardSize, int layers, int heads, int steps, double learningRate, double noise) {

        static Settings standard() {
            return new Settings(96, 256, 3, 4, 600, 2e-3, 0.32);
        }
    }

    /** Told of each step. */
    interface Listener {
        void stepDone(int step, double lossPerToken);
    }

    private final Settings settings;
    private final long seed;

    BasePolicy(Settings settings, long seed) {
        this.settings = settings;
        this.seed = seed;
    }

    /**
     * Writes the policy as a Hugging Face checkpoint, complete or not at all. Does nothing where it is already.
     *
     * @param tasks what the corpus is made of; held-out tasks are not among them
     */
    void make(Path folder, List<ProgramTask> tasks, Listener listener) {
        WholeFolder.create(folder, aside -> {
            int vocabulary = WordLevelTokenizer.write(aside, ProgramTask.words());
            try (LanguageModel model = LanguageModel.initialise(
                    config(vocabulary),
                    aside.resolve(Tokenizer.FILE_NAME),
                    seed,
                    ModelOptions.training().withWorkers(WORKERS))) {
                pretrain(model, tasks, listener);
                model.save(aside);
            }
        });
    }

    /** One line of the corpus. */
    record Program(String prompt, String text) {}

    /** What is learned from, step by step; the same however often it is asked for. */
    Stream<List<Program>> corpus(List<ProgramTask> tasks) {
        SplittableRandom random = new SplittableRandom(seed);
        return IntStream.rangeClosed(1, settings.steps).mapToObj(step -> {
            // From a corpus that is noisy from the start, some seeds learn to copy the constants only after a long
            // while.
            double noise = settings.noise * Math.min(1, CLEAN_TO_NOISY * step / settings.steps);
            List<Program> batch = new ArrayList<>(BATCH);
            for (int i = 0; i < BATCH; i++) {
                ProgramTask task = tasks.get(random.nextInt(tasks.size()));
                batch.add(new Program(task.prompt(), task.noisyProgram(noise, random)));
            }
            return batch;
        });
    }

    private void pretrain(LanguageModel model, List<ProgramTask> tasks, Listener listener) {
        PromptEncoder encoder = PromptEncoder.of(model.tokenizer(), model.endTokens());
        try (PolicyOptimizer optimizer =
                model.optimizer(OptimizerConfig.standard().withWeightDecay(0))) {
            int step = 0;
            for (List<Program> programs : (Iterable<List<Program>>) corpus(tasks)::iterator) {
                step++;
                List<TokenSequence> batch = programs.stream()
                        .map(p -> encoder.completion(p.prompt(), " " + p.text()))
                        .map(tokens -> new TokenSequence(tokens.first(), tokens.second()))
                        .toList();
                double loss = LikelihoodGradient.accumulate(optimizer, batch, BATCH, step);
                double done = (double) step / settings.steps;
                optimizer.step(settings.learningRate * Math.min(1, done / WARM_UP) * (1 - done) + 1e-5);
                listener.stepDone(step, loss);
            }
        }
    }

    /** The policy's shape. */
    ModelConfig config(int vocabulary) {
        var json = new ObjectMapper().createObjectNode();
        json.putArray("architectures").add("LlamaForCausalLM");
        json.put("model_type", "llama")
                .put("vocab_size", vocabulary)
                .put("hidden_size", settings.hiddenSize)
                .put("intermediate_size", settings.feedForwardSize)
                .put("num_hidden_layers", settings.layers)
                .put("num_attention_heads", settings.heads)
                .put("num_key_value_heads", settings.heads)
                .put("max_position_embeddings", POSITIONS)
                .put("hidden_act", "silu")
                .put("rms_norm_eps", 1e-6)
                .put("rope_theta", 10000.0)
                // The usual 0.02 is small for so narrow a model: some seeds had not learned to copy a constant after
                // 600 steps.
                .put("initializer_range", 0.08)
                .put("tie_word_embeddings", true)
                .put("attention_bias", false)
                .put("mlp_bias", false)
                .put("pad_token_id", 0)
                .put("bos_token_id", 1)
                .put("eos_token_id", 2)
                .put("torch_dtype", "float32");
        return ModelConfig.of(json);
    }
}
