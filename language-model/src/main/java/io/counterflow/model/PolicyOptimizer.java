package io.counterflow.model;

import ai.djl.ndarray.NDArray;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.PromptRow;
import io.counterflow.model.decoder.TokenBatch;
import io.counterflow.model.decoder.TorchEngine;
import io.counterflow.model.training.DecoderNetwork;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.model.training.Readout;
import io.counterflow.model.training.Replica;
import io.counterflow.model.training.Training;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Trains a language model: gradients of a loss of log-probabilities, accumulated over micro-batches, then one step of AdamW. Uses the
 * model it was made from, which must stay open; one thread at a time uses both. The same calls give the same bytes.
 */
public final class PolicyOptimizer implements AutoCloseable {
    private final HeldCheckpoint held;
    private final Decoder decoder;
    private final Training<TokenBatch> training;
    private final List<Decoder> replicas = new ArrayList<>();

    PolicyOptimizer(HeldCheckpoint held, OptimizerConfig config) {
        this.held = held;
        decoder = held.decoder();
        Map<String, NDArray> trained = held.trained();
        ModelOptions options = held.options();
        boolean checkpointing = options.gradientCheckpointing();
        List<Replica<TokenBatch>> others = new ArrayList<>();
        for (String device : options.devices().subList(1, options.devices().size())) {
            Decoder replica = decoder.replica(TorchEngine.device(device));
            replicas.add(replica);
            others.add(new Replica<>(
                    new DecoderNetwork(replica, Readout.LOG_PROBABILITIES, checkpointing),
                    trained.keySet().stream().map(replica.trained()::get).toList()));
        }
        training = new Training<>(
                new DecoderNetwork(decoder, Readout.LOG_PROBABILITIES, checkpointing),
                trained,
                decoder.parameters(),
                options.workers(),
                others,
                config);
    }

    /**
     * Runs a micro-batch forward, asks for the gradient of the loss, and adds it, multiplied back through the network, to what has been
     * accumulated since the last step. Only the sum counts: how a batch is divided changes no more than rounding.
     *
     * @throws IllegalArgumentException when a sequence does not fit the model, or the gradient is not of the form of the values or not
     *     finite; nothing is accumulated then
     * @throws NonFiniteLogitsException before the first step, when the weights as they were loaded give log-probabilities that are no numbers
     */
    public void accumulate(List<TokenSequence> microBatch, LogProbabilityGradient gradient) {
        accumulate(microBatch, training.seedOfStep(), gradient);
    }

    /**
     * The same, with a seed for what is random.
     *
     * @param seed of the adapter's dropout in this step; each micro-batch of the step draws something else
     */
    public void accumulate(List<TokenSequence> microBatch, long seed, LogProbabilityGradient gradient) {
        List<TokenSequence> useful = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < microBatch.size(); i++) {
            if (microBatch.get(i).completion().length > 0) {
                useful.add(microBatch.get(i));
                places.add(i);
            }
        }
        if (useful.isEmpty()) {
            return;
        }
        List<TokenBatch> parts = new ArrayList<>();
        List<PromptRow> rowsOfBatch = TokenSequence.rows(useful, decoder.config());
        for (List<PromptRow> part : Training.divide(rowsOfBatch, training.workers(), PromptRow::length)) {
            int from = part.get(0).from();
            int to = part.get(part.size() - 1).to();
            parts.add(TokenSequence.batch(useful.subList(from, to), decoder.config()));
        }
        training.accumulate(parts, seed, rows -> {
            List<float[]> all = new ArrayList<>();
            microBatch.forEach(sequence -> all.add(new float[0]));
            for (int i = 0; i < rows.size(); i++) {
                // Later it is the training that went wrong, which the loss shows.
                if (steps() == 0 && !LanguageModel.finite(rows.get(i))) {
                    throw held.nonFiniteLogits();
                }
                all.set(places.get(i), rows.get(i));
            }
            List<float[]> upstream = gradient.upstream(all);
            if (upstream.size() != all.size()) {
                throw new IllegalArgumentException(
                        "The gradient has " + upstream.size() + " rows for " + all.size() + " sequences");
            }
            return places.stream().map(upstream::get).toList();
        });
    }

    /**
     * Clips the gradient by its norm, takes a step, and forgets the gradient. A gradient that is not finite changes nothing: look at what
     * is returned.
     *
     * @return the norm before clipping
     * @throws IllegalStateException when nothing was accumulated
     */
    public double step(double learningRate) {
        return training.step(learningRate);
    }

    /** Steps taken, those before a restore included. */
    public long steps() {
        return training.steps();
    }

    /** Norm of the accumulated gradient of every tensor, by name. */
    public Map<String, Double> gradientNorms() {
        return training.gradientNorms();
    }

    /** The accumulated gradient of one tensor, row-major. */
    float[] gradient(String name) {
        return training.gradient(name);
    }

    /** Writes the optimizer's state (not the weights) as safetensors. */
    public void save(Path file) {
        training.save(file);
    }

    /** Takes over a state that {@link #save} wrote, bit for bit. */
    public void restore(Path file) {
        training.restore(file);
    }

    @Override
    public void close() {
        training.close();
        replicas.forEach(Decoder::close);
    }
}
