package io.counterflow.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.counterflow.model.decoder.Scratch;
import io.counterflow.model.decoder.Script;
import io.counterflow.model.decoder.WeightList;
import io.counterflow.model.engine.Workers;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Accumulates gradients of a network's weights, with one worker or several. Each worker has a part of the batch and gradients of its own,
 * which are added in a fixed order: the same number of workers gives the same bytes. One thread at a time calls it.
 */
public final class Backpropagation<P> implements AutoCloseable {
    private final Network<P> network;
    private final List<NDArray> trained;
    private final NDManager manager;
    private final Script script;
    private final List<Worker> workers = new ArrayList<>();
    private final Workers threads;

    /**
     * @param trained the weights that take gradients
     * @param workers threads, the caller's among them
     */
    public Backpropagation(Network<P> network, List<NDArray> trained, int workers) {
        if (workers > 1 && network.dropout() > 0) {
            throw new IllegalArgumentException(workers + " workers would draw the dropout in no fixed order;"
                    + " train with one worker or without dropout");
        }
        this.network = network;
        this.trained = List.copyOf(trained);
        manager = network.manager().newSubManager();
        script = Script.load(AdamW.class, "optimizer.py", "Optimizer", Map.of(), manager);
        for (int i = 1; i < workers; i++) {
            this.workers.add(new Worker());
        }
        threads = new Workers(workers, "backpropagation");
    }

    /** A worker beside the caller: leaves that share the weights' storage and have gradients of their own. */
    private final class Worker {
        private final List<NDArray> leaves = new ArrayList<>();
        private final WeightList weights;
        private boolean used;

        Worker() {
            Map<NDArray, NDArray> leafOf = new IdentityHashMap<>();
            for (NDArray weight : trained) {
                NDArray leaf = JniUtils.detachGradient((PtNDArray) weight);
                leaf.attach(manager);
                leaf.setRequiresGradient(true);
                leaves.add(leaf);
                leafOf.put(weight, leaf);
            }
            weights = network.weights().with(array -> leafOf.getOrDefault(array, array));
        }
    }

    /** How many parts a batch is best divided into. */
    public int workers() {
        return workers.size() + 1;
    }

    /**
     * Forward, then backward with the gradient that {@code upstream} decides once the values of all parts are known.
     *
     * @param parts at most one a worker
     * @param seed of the dropout
     * @param upstream from the values of each part to d loss / d values of each part; what it throws, this throws, and no gradient
     *     was added
     */
    public void accumulate(List<P> parts, long seed, UnaryOperator<List<float[]>> upstream) {
        if (parts.size() == 1) {
            threads.run(List.of(() -> {
                try (Propagation pass = network.forward(network.weights(), parts.get(0), seed)) {
                    pass.backward(upstream.apply(List.of(pass.values())).get(0));
                }
            }));
            return;
        }
        network.prepare(parts);
        Rendezvous rendezvous = new Rendezvous(parts.size(), upstream);
        List<Runnable> passes = new ArrayList<>();
        passes.add(() -> run(rendezvous, 0, network.weights(), parts.get(0), seed));
        for (int i = 1; i < parts.size(); i++) {
            int place = i;
            Worker worker = workers.get(i - 1);
            worker.used = true;
            passes.add(() -> run(rendezvous, place, worker.weights, parts.get(place), seed));
        }
        threads.run(passes);
    }

    private void run(Rendezvous rendezvous, int place, WeightList weights, P part, long seed) {
        float[] upstream;
        Propagation pass = null;
        try {
            try {
                pass = network.forward(weights, part, seed);
                upstream = rendezvous.exchange(place, pass.values());
            } catch (RuntimeException e) {
                rendezvous.fail(e);
                throw e;
            }
            pass.backward(upstream);
        } finally {
            if (pass != null) {
                pass.close();
            }
        }
    }

    /** Adds the workers' gradients to those of the weights, in the order of the workers. */
    public void gather() {
        for (Worker worker : workers) {
            if (worker.used) {
                worker.used = false;
                try (Scratch step = Scratch.notRecording(manager);
                        GradientViews mine = new GradientViews(trained);
                        GradientViews theirs = new GradientViews(worker.leaves)) {
                    script.run("add", step.tensors(mine.all()), step.tensors(theirs.all()));
                    script.run("zero", step.tensors(theirs.all()));
                }
            }
        }
    }

    @Override
    public void close() {
        threads.close();
        workers.forEach(worker -> worker.weights.close());
        script.close();
        manager.close();
    }
}
