package io.counterflow.trainer.likelihood;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.files.FileTree;
import io.counterflow.files.Sha256;
import io.counterflow.files.WholeFolder;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.trainer.order.SeededOrder;
import io.counterflow.trainer.step.OptimizerSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Fits a policy by likelihood. Stopped or killed at any moment and started again with the same data and settings, it goes on from its last checkpoint
 * and ends with the same bytes; the checkpoints are in a folder beside the result until that is whole. One thread uses it.
 */
public final class LikelihoodTraining {

    private static final String OPTIMIZER_FILE = "optimizer.safetensors";
    private static final String STATE_FILE = "likelihood.json";
    /** Written into the result: settings, losses, and the hash of the data. */
    private static final String SUMMARY_FILE = "training.json";

    private static final String CHECKPOINT = "step-";

    private final StartingPoint start;
    private final LikelihoodSettings settings;
    private final Listener listener;
    private final ObjectMapper json = new ObjectMapper();

    /** Is told how it goes, on the thread that trains. */
    public interface Listener {
        /** It begins, or goes on. */
        default void started(long step, long totalSteps) {}

        /** @param lossPerToken in nats, before the update */
        default void stepDone(long step, double lossPerToken, double gradientNorm) {}

        /** @param lossPerToken of the held-out data, in nats */
        default void evaluated(long step, double lossPerToken) {}
    }

    /**
     * What came of it.
     *
     * @param heldOutBefore loss of the held-out data in nats a token before the first step; NaN without such data
     * @param heldOutAfter after the last
     */
    public record Result(long steps, double heldOutBefore, double heldOutAfter, String weightsSha256) {}

    public LikelihoodTraining(StartingPoint start, LikelihoodSettings settings, Listener listener) {
        this.start = Objects.requireNonNull(start, "start");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    /**
     * Fits.
     *
     * @param training at least one sequence
     * @param output where the model goes; there whole or not at all
     * @throws IllegalArgumentException when something is at {@code output}, or what was begun there had other data or settings
     * @throws InterruptedException when interrupted, after a checkpoint was saved
     */
    public Result run(List<TokenSequence> training, List<TokenSequence> heldOut, Path output)
            throws InterruptedException {
        if (Files.exists(output)) {
            throw new IllegalArgumentException(output + " is there already; give another --output, or delete it");
        }
        if (training.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to learn from: the data has no sequence");
        }
        String fingerprint = fingerprint(training, heldOut);
        Path states = output.resolveSibling(output.getFileName() + ".training");
        Optional<Path> newest = newest(states);
        State state = newest.map(folder -> read(folder, fingerprint, states)).orElse(new State(0, Double.NaN));
        try (LanguageModel model = start.open(newest, settings.seed());
                PolicyOptimizer optimizer = model.optimizer(adamW())) {
            newest.ifPresent(folder -> optimizer.restore(folder.resolve(OPTIMIZER_FILE)));
            Result result = train(model, optimizer, state, new Data(training, heldOut, fingerprint), states);
            WholeFolder.create(output, folder -> {
                start.saveResult(model, folder);
                write(folder.resolve(SUMMARY_FILE), summary(result, training, heldOut, fingerprint));
            });
            deleteStates(states);
            return result;
        }
    }

    private record State(long step, double heldOutBefore) {}

    private record Data(List<TokenSequence> training, List<TokenSequence> heldOut, String fingerprint) {}

    private Result train(LanguageModel model, PolicyOptimizer optimizer, State from, Data data, Path states)
            throws InterruptedException {
        int size = data.training().size();
        long total = settings.totalSteps(size);
        listener.started(from.step(), total);
        double before = from.step() == 0 ? evaluate(model, data.heldOut(), 0) : from.heldOutBefore();
        double after = before;
        long inAnEpoch = ((long) size + settings.batch() - 1) / settings.batch();
        int[] order = null;
        long orderOf = -1;
        for (long step = from.step() + 1; step <= total; step++) {
            if (Thread.interrupted()) {
                save(model, optimizer, new State(step - 1, before), data.fingerprint(), states);
                throw new InterruptedException("stopped after step " + (step - 1));
            }
            long epoch = (step - 1) / inAnEpoch;
            if (epoch != orderOf) {
                order = order(size, epoch);
                orderOf = epoch;
            }
            int begin = (int) ((step - 1) % inAnEpoch) * settings.batch();
            List<TokenSequence> batch = new ArrayList<>(settings.batch());
            for (int i = begin; i < Math.min(size, begin + settings.batch()); i++) {
                batch.add(data.training().get(order[i]));
            }
            double loss = LikelihoodGradient.accumulate(optimizer, batch, settings.microBatch(), seedOf(step));
            double norm = optimizer.step(settings.optimizer().learningRateAt(step, total));
            if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
                throw new IllegalArgumentException("the loss of step " + step + " is " + loss
                        + ", its gradient's norm " + norm + "; lower the learning rate of "
                        + settings.optimizer().learningRate());
            }
            listener.stepDone(step, loss, norm);
            boolean last = step == total;
            if (last || settings.evaluateEvery() > 0 && step % settings.evaluateEvery() == 0) {
                after = evaluate(model, data.heldOut(), step);
            }
            if (!last && step % settings.saveEvery() == 0) {
                save(model, optimizer, new State(step, before), data.fingerprint(), states);
            }
        }
        return new Result(total, before, after, model.weightsSha256());
    }

    /** Of what is random in a step. Factors keep apart what the micro-batches of neighbouring steps draw. */
    private long seedOf(long step) {
        return (settings.seed() * 1_000_003 + step) * 1_000_003;
    }

    private double evaluate(LanguageModel model, List<TokenSequence> heldOut, long step) {
        if (heldOut.isEmpty()) {
            return Double.NaN;
        }
        double sum = 0;
        long tokens = 0;
        for (float[] row : model.tokenLogProbabilities(heldOut)) {
            for (float value : row) {
                sum -= value;
            }
            tokens += row.length;
        }
        double loss = sum / tokens;
        listener.evaluated(step, loss);
        return loss;
    }

    private int[] order(int size, long epoch) {
        return settings.shuffle() ? SeededOrder.ofEpoch(size, settings.seed(), epoch) : SeededOrder.natural(size);
    }

    private OptimizerConfig adamW() {
        OptimizerSettings optimizer = settings.optimizer();
        return new OptimizerConfig(
                optimizer.beta1(),
                optimizer.beta2(),
                optimizer.epsilon(),
                optimizer.weightDecay(),
                optimizer.maxGradientNorm());
    }

    private void save(LanguageModel model, PolicyOptimizer optimizer, State state, String fingerprint, Path states) {
        Optional<Path> older = newest(states);
        Path folder = states.resolve(CHECKPOINT + String.format("%09d", state.step()));
        WholeFolder.create(folder, aside -> {
            start.saveState(model, aside);
            optimizer.save(aside.resolve(OPTIMIZER_FILE));
            write(
                    aside.resolve(STATE_FILE),
                    json.createObjectNode()
                            .put("step", state.step())
                            .put("heldOutBefore", state.heldOutBefore())
                            .put("fingerprint", fingerprint));
        });
        older.filter(path -> !path.equals(folder)).ifPresent(LikelihoodTraining::delete);
    }

    private State read(Path folder, String fingerprint, Path states) {
        try {
            JsonNode state = json.readTree(folder.resolve(STATE_FILE).toFile());
            if (!state.path("fingerprint").asText().equals(fingerprint)) {
                throw new IllegalArgumentException(states
                        + " holds a training that was begun with another model, other data or other settings; go on with those,"
                        + " or delete the folder to begin anew");
            }
            return new State(
                    state.path("step").asLong(), state.path("heldOutBefore").asDouble(Double.NaN));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder.resolve(STATE_FILE), e);
        }
    }

    private static Optional<Path> newest(Path states) {
        if (!Files.isDirectory(states)) {
            return Optional.empty();
        }
        try (Stream<Path> folders = Files.list(states)) {
            return folders.filter(f -> f.getFileName().toString().matches(CHECKPOINT + "\\d+"))
                    .max(java.util.Comparator.naturalOrder());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + states, e);
        }
    }

    private static void deleteStates(Path states) {
        delete(states);
    }

    private static void delete(Path folder) {
        try {
            FileTree.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + folder, e);
        }
    }

    private ObjectNode summary(
            Result result, List<TokenSequence> training, List<TokenSequence> heldOut, String fingerprint) {
        ObjectNode summary = json.createObjectNode();
        summary.put("from", start.folder().toString()).put("fromScratch", start.fromScratch());
        summary.set("settings", json.valueToTree(settings));
        summary.put("trainingSequences", training.size()).put("heldOutSequences", heldOut.size());
        summary.put("steps", result.steps())
                .put("heldOutLossBefore", result.heldOutBefore())
                .put("heldOutLossAfter", result.heldOutAfter())
                .put("fingerprint", fingerprint);
        return summary;
    }

    private void write(Path file, ObjectNode content) {
        try {
            json.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), content);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /** SHA-256 over the settings, where the model came from, and every token. */
    private String fingerprint(List<TokenSequence> training, List<TokenSequence> heldOut) {
        MessageDigest digest = Sha256.digest();
        digest.update((settings + "\n" + start.folder().toAbsolutePath().normalize() + "\n" + start.fromScratch()
                        + "\n"
                        + start.adapter().map(a -> a.json().toString()).orElse("") + "\n" + start.compute())
                .getBytes(StandardCharsets.UTF_8));
        for (List<TokenSequence> part : List.of(training, heldOut)) {
            add(digest, new int[] {part.size()});
            for (TokenSequence sequence : part) {
                add(digest, new int[] {sequence.prompt().length, sequence.completion().length});
                add(digest, sequence.prompt());
                add(digest, sequence.completion());
            }
        }
        return Sha256.hex(digest);
    }

    private static void add(MessageDigest digest, int[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Integer.BYTES);
        bytes.asIntBuffer().put(numbers);
        digest.update(bytes.array());
    }
}
