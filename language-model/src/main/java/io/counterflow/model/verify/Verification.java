package io.counterflow.model.verify;

import io.counterflow.files.FileTree;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.SampleRequest;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import io.counterflow.model.tokenizer.CompletionText;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.training.OptimizerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Computes what a checkpoint's {@code expected.json} holds and compares: forward pass, sampling, gradients and one optimizer
 * step, each through the same interface that training and sampling use.
 */
public final class Verification {
    /** Largest absolute deviation of logits, log-probabilities and scores. */
    public static final double ABSOLUTE_TOLERANCE = 1e-4;

    /** Largest relative deviation of losses and gradient norms. */
    public static final double RELATIVE_TOLERANCE = 1e-3;

    private final Path checkpoint;
    private final ExpectedValues expected;
    private final ModelOptions inference;
    private final ModelOptions training;
    private final List<Deviation> deviations = new ArrayList<>();

    private Verification(Path checkpoint, ExpectedValues expected, String device) {
        this.checkpoint = checkpoint;
        this.expected = expected;
        inference = ModelOptions.inference().withDevice(device);
        training = ModelOptions.training().withDevice(device);
    }

    /**
     * Verifies a checkpoint, or an adapter whose base is found where its configuration says or beside it.
     *
     * @param checkpoint folder with the checkpoint
     * @param expectations folder with the {@code expected.json}; usually the same
     * @param device on which everything is computed, in float32; see {@link ModelOptions}
     * @return one deviation for each thing compared, in a fixed order; never empty
     * @throws VerificationException if there is nothing to compare with
     * @throws io.counterflow.model.checkpoint.CheckpointException if the checkpoint cannot be loaded
     */
    public static List<Deviation> verify(Path checkpoint, Path expectations, String device) {
        Verification verification = new Verification(checkpoint, ExpectedValues.read(expectations), device);
        verification.run();
        if (verification.deviations.isEmpty()) {
            throw new VerificationException(
                    "%s in %s holds nothing that can be compared".formatted(ExpectedValues.FILE_NAME, expectations));
        }
        return List.copyOf(verification.deviations);
    }

    private void run() {
        if (AdapterConfig.isIn(checkpoint)) {
            verifyAdapter();
        } else if (expected.has("inputs")) {
            deviations.addAll(new ClassifierVerification(checkpoint, expected, inference).deviations());
        } else {
            verifyModel(new CheckpointParts(checkpoint, Optional.empty()), inference);
        }
    }

    private void verifyAdapter() {
        AdapterConfig config = AdapterConfig.read(checkpoint);
        Path base = config.baseFolder(checkpoint, expected.has("base") ? List.of(expected.text("base")) : List.of())
                .orElseThrow(() -> new VerificationException("the base model \"%s\" of the adapter in %s was not found"
                        .formatted(config.baseModel().orElse(""), checkpoint)));
        CheckpointParts parts = new CheckpointParts(base, Optional.of(checkpoint));
        AdapterTensors adapter = AdapterTensors.read(checkpoint, parts.config());
        if (expected.has("trainable_parameters")) {
            deviations.add(Deviation.absolute(
                    "trainable parameters", expected.number("trainable_parameters"), adapter.parameters(), 0));
        }
        verifyModel(parts, inference.withAdapter(new ModelOptions.SavedAdapter(checkpoint)));
    }

    private void verifyModel(CheckpointParts parts, ModelOptions options) {
        verifyTexts(parts.tokenizerFolder(), parts.config().vocabularySize());
        Path folder = parts.base();
        try (LanguageModel model = LanguageModel.loadWithoutTokenizer(folder, options)) {
            verifyLogits(model);
            if (model.config().head() == ModelHead.CAUSAL_LANGUAGE_MODEL) {
                verifyLogProbabilities(model);
                verifyGreedy(model);
            }
        }
        if (expected.has("copg") && options.adapter().isEmpty()) {
            withScratchFolder(scratch -> verifyTraining(folder, scratch));
        }
    }

    private void verifyTexts(Path folder, int vocabularySize) {
        if (!Files.exists(folder.resolve(Tokenizer.FILE_NAME))) {
            Stream.of("prompt", "greedy_text")
                    .filter(expected::has)
                    .forEach(key -> deviations.add(Deviation.missing(key, "no " + Tokenizer.FILE_NAME)));
            return;
        }
        try (Tokenizer tokenizer = Tokenizer.load(folder, vocabularySize)) {
            if (expected.has("prompt")) {
                int[] ids = expected.idRows("input_ids").get(0);
                int[] plain = tokenizer.encode(expected.text("prompt"), false);
                // Whether the template adds special tokens does not show in the file.
                int[] computed = Arrays.equals(ids, plain) ? plain : tokenizer.encode(expected.text("prompt"), true);
                deviations.add(Deviation.ids("prompt's token ids", ids, computed));
            }
            if (expected.has("greedy_text")) {
                deviations.add(Deviation.text("greedy text", expected.text("greedy_text"), greedyText(tokenizer)));
            }
        }
    }

    /** What the ids add to the row before them; or what they are alone, where that is what the file has. */
    private String greedyText(Tokenizer tokenizer) {
        int[] ids = expected.ids("greedy_ids");
        String alone = tokenizer.decode(ids);
        return alone.equals(expected.text("greedy_text")) ? alone : CompletionText.of(tokenizer, rows().get(0), ids);
    }

    private void verifyLogits(LanguageModel model) {
        List<int[]> rows = rows();
        if (rows.isEmpty()) {
            return;
        }
        if (expected.has("logits_last")) {
            addRows("logits after the last token", "logits_last", model.nextTokenLogits(rows));
        }
        if (expected.has("logits_last_top5")) {
            float[] logits = model.nextTokenLogits(rows.subList(0, 1))[0];
            List<double[]> top = expected.numberRows("logits_last_top5");
            int[] ids = top.stream().mapToInt(pair -> (int) pair[0]).toArray();
            double[] values = top.stream().mapToDouble(pair -> pair[1]).toArray();
            deviations.add(Deviation.ids("tokens of the highest logits", ids, highest(logits, ids.length)));
            deviations.add(Deviation.absolute(
                    "highest logits",
                    values,
                    Arrays.stream(ids)
                            .mapToDouble(id -> id < logits.length ? logits[id] : Double.NaN)
                            .toArray(),
                    ABSOLUTE_TOLERANCE));
        }
        if (expected.has("scores")) {
            addRows("scores", "scores", model.nextTokenLogits(rows));
        }
    }

    /** The rows of ids without their padding. */
    private List<int[]> rows() {
        List<int[]> rows = expected.idRows("input_ids");
        if (!expected.has("attention_mask")) {
            return rows.size() == 1 && rows.get(0).length == 0 ? List.of() : rows;
        }
        List<int[]> masks = expected.idRows("attention_mask");
        for (int i = 0; i < Math.max(rows.size(), masks.size()); i++) {
            if (rows.size() != masks.size() || rows.get(i).length != masks.get(i).length) {
                throw new VerificationException("attention_mask and input_ids in %s differ in their shapes"
                        .formatted(ExpectedValues.FILE_NAME));
            }
        }
        List<int[]> real = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            int[] row = rows.get(i);
            int[] mask = masks.get(i);
            real.add(IntStream.range(0, row.length)
                    .filter(t -> mask[t] != 0)
                    .map(t -> row[t])
                    .toArray());
        }
        return real;
    }

    private void verifyLogProbabilities(LanguageModel model) {
        if (expected.has("token_log_probs")) {
            List<TokenSequence> sequences = rows().stream()
                    .map(row -> new TokenSequence(Arrays.copyOf(row, 1), Arrays.copyOfRange(row, 1, row.length)))
                    .toList();
            addRows(
                    "token log-probabilities",
                    "token_log_probs",
                    model.tokenLogProbabilities(sequences).toArray(float[][]::new));
        }
        if (expected.has("completion_log_prob")) {
            addNumbers(
                    "completion log-probabilities", expected, "completion_log_prob", completionLogProbabilities(model));
        }
    }

    private void verifyGreedy(LanguageModel model) {
        if (expected.has("greedy")) {
            int[] wanted = continuation("greedy");
            int[] prompt = Arrays.copyOf(rows().get(0), expected.whole("prompt_length"));
            deviations.add(Deviation.ids("greedy continuation", wanted, greedy(model, prompt, wanted.length)));
        }
        if (expected.has("greedy_ids")) {
            int[] wanted = continuation("greedy_ids");
            deviations.add(Deviation.ids("greedy continuation", wanted, greedy(model, rows().get(0), wanted.length)));
        }
    }

    private int[] continuation(String key) {
        int[] wanted = expected.ids(key);
        if (wanted.length == 0) {
            throw new VerificationException("%s in %s is empty".formatted(key, ExpectedValues.FILE_NAME));
        }
        return wanted;
    }

    /** So many tokens, or as many as the context has room for, whether or not there is one among them that would end a completion. */
    private static int[] greedy(LanguageModel model, int[] prompt, int count) {
        int[] all = prompt;
        int end = Math.min(prompt.length + count, model.config().maxPositions());
        while (all.length < end) {
            SamplingSettings rest = SamplingSettings.greedy(end - all.length);
            int[] next = model.sample(List.of(new SampleRequest(all, rest, 0)))
                    .get(0)
                    .tokenIds();
            int[] longer = Arrays.copyOf(all, all.length + next.length);
            System.arraycopy(next, 0, longer, all.length, next.length);
            all = longer;
        }
        return Arrays.copyOfRange(all, prompt.length, all.length);
    }

    private void verifyTraining(Path folder, Path scratch) {
        ExpectedValues copg = expected.part("copg");
        double[] reference = reference(folder, scratch, copg);
        if (copg.has("reference_completion_log_prob")) {
            addNumbers("reference log-probabilities", copg, "reference_completion_log_prob", reference);
        }
        ExpectedValues adamW = copg.part("adamw");
        double[] betas = adamW.has("betas") ? adamW.numbers("betas") : new double[] {0.9, 0.999};
        double decay = adamW.has("weight_decay") ? adamW.number("weight_decay") : 0;
        OptimizerConfig settings =
                new OptimizerConfig(betas[0], betas[1], adamW.has("eps") ? adamW.number("eps") : 1e-8, decay, 0);
        if (copg.number("beta") == 0) {
            throw new VerificationException(
                    "beta in %s is 0, and no loss has a value then".formatted(ExpectedValues.FILE_NAME));
        }
        PairLoss loss = new PairLoss(copg.number("beta"), copg.numbers("rewards"), reference);
        List<TokenSequence> pair = sequences().subList(0, 2);
        try (LanguageModel model = LanguageModel.loadWithoutTokenizer(folder, training);
                PolicyOptimizer optimizer = model.optimizer(settings)) {
            optimizer.accumulate(pair, loss);
            deviations.add(Deviation.relative("CoPG loss", copg.number("loss"), loss.value(), RELATIVE_TOLERANCE));
            addGradientNorms(copg, optimizer.gradientNorms());
            if (copg.has("loss_after_step")) {
                optimizer.step(adamW.number("lr"));
                loss.upstream(model.tokenLogProbabilities(pair));
                deviations.add(Deviation.relative(
                        "loss after one step", copg.number("loss_after_step"), loss.value(), RELATIVE_TOLERANCE));
            }
        }
    }

    private void addGradientNorms(ExpectedValues copg, Map<String, Double> computed) {
        double square = computed.values().stream().mapToDouble(n -> n * n).sum();
        if (copg.has("gradient_norm")) {
            deviations.add(Deviation.relative(
                    "gradient norm", copg.number("gradient_norm"), Math.sqrt(square), RELATIVE_TOLERANCE));
        }
        Map<String, Double> wanted = new TreeMap<>(copg.namedNumbers("gradient_norms"));
        wanted.keySet().stream()
                .filter(name -> !computed.containsKey(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new VerificationException("gradient_norms in %s has %s, which the model has no weight of"
                            .formatted(ExpectedValues.FILE_NAME, name));
                });
        wanted.forEach((name, norm) -> deviations.add(
                Deviation.relative("gradient of " + name, norm, computed.get(name), RELATIVE_TOLERANCE)));
    }

    /** The reference policy of the fixtures: every weight times a factor. */
    private double[] reference(Path folder, Path scratch, ExpectedValues copg) {
        float factor = copg.has("reference_scale") ? (float) copg.number("reference_scale") : 1;
        ModelConfig config = ModelConfig.read(folder);
        try (CheckpointTensors tensors = CheckpointTensors.open(folder, config)) {
            Collection<Tensor> scaled = config.tensors().stream()
                    .map(spec -> Tensor.ofPieces(
                            // Not in the checkpoint's type, whose rounding the expected values do not have.
                            spec.name(),
                            TensorType.F32,
                            spec.shape(),
                            pieces ->
                                    tensors.floats(spec.name(), (at, piece) -> pieces.take(at, scaled(piece, factor)))))
                    .toList();
            CheckpointWriter.write(scratch, config, scaled);
        }
        try (LanguageModel model = LanguageModel.loadWithoutTokenizer(scratch, inference)) {
            return completionLogProbabilities(model);
        }
    }

    private static float[] scaled(float[] values, float factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return values;
    }

    private double[] completionLogProbabilities(LanguageModel model) {
        return model.tokenLogProbabilities(sequences()).stream()
                .mapToDouble(PairLoss::sum)
                .toArray();
    }

    private List<TokenSequence> sequences() {
        int prompt = expected.whole("prompt_length");
        return rows().stream()
                .map(row -> new TokenSequence(Arrays.copyOf(row, prompt), Arrays.copyOfRange(row, prompt, row.length)))
                .toList();
    }

    private void addRows(String name, String key, float[][] computed) {
        double[] wanted = expected.numberRows(key).stream()
                .flatMapToDouble(Arrays::stream)
                .toArray();
        double[] flat = flat(computed);
        requireAsMany(key, wanted.length, flat.length);
        deviations.add(Deviation.absolute(name, wanted, flat, ABSOLUTE_TOLERANCE));
    }

    private void addNumbers(String name, ExpectedValues part, String key, double[] computed) {
        double[] wanted = part.numbers(key);
        requireAsMany(key, wanted.length, computed.length);
        deviations.add(Deviation.absolute(name, wanted, computed, ABSOLUTE_TOLERANCE));
    }

    /** Values that cannot be those of these inputs deviate from nothing. */
    private static void requireAsMany(String key, int wanted, int computed) {
        if (wanted != computed) {
            throw new VerificationException("%s in %s has %d values, the model computes %d for these inputs"
                    .formatted(key, ExpectedValues.FILE_NAME, wanted, computed));
        }
    }

    private static double[] flat(float[][] rows) {
        return Arrays.stream(rows)
                .flatMapToDouble(row -> IntStream.range(0, row.length).mapToDouble(i -> row[i]))
                .toArray();
    }

    private static int[] highest(float[] logits, int count) {
        return IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparing(i -> -logits[i]))
                .limit(count)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static void withScratchFolder(Consumer<Path> use) {
        try {
            Path scratch = Files.createTempDirectory("counterflow-verify-");
            try {
                use.accept(scratch);
            } finally {
                FileTree.delete(scratch);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use a temporary folder", e);
        }
    }
}
