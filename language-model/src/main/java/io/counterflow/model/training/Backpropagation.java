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
 * which are added in a fixed order: the same number of workers gives the same bytes. Workers share the weights' storage, or have a
 * replica on a device of their own. Where so much is trained that gradients for each worker would take more memory than they save time,
 * the operations are divided among the threads instead. One thread at a time calls it.
 */
public final class Backpropagation<P> implements AutoCloseable {
    // Parameters from which on the batch is not divided: another 256 MiB of gradients a worker.
    private static final long MOST_DIVIDED = 1L << 26;
    // Parameters from which on it pays to divide what is done to every one of them.
    private static final long LEAST_SHARED = 1L << 22;

    private final Network<P> network;
    private final List<NDArray> trained;
    private final NDManager manager;
    private final Script script;
    private final long parameters;
    private final List<Worker> workers = new ArrayList<>();
    private final Workers threads;

    /**
     * @param trained the weights that take gradients
     * @param workers threads that divide a batch or its operations, the caller's among them
     * @param replicas further workers
     */
    public Backpropagation(Network<P> network, List<NDArray> trained, int workers, List<Replica<P>> replicas) {
        int all = workers + replicas.size();
        if (all > 1 && network.dropout() > 0) {
            throw new IllegalArgumentException(all + " workers would draw the dropout in no fixed order;"
                    + " train with one worker or without dropout");
        }
        this.network = network;
        this.trained = List.copyOf(trained);
        manager = network.manager().newSubManager();
        script = Script.load(AdamW.class, "optimizer.py", "Optimizer", Map.of(), manager);
        parameters = trained.stream().mapToLong(NDArray::size).sum();
        zeroGradients(trained);
        for (int i = 1; i < workers && parameters < MOST_DIVIDED; i++) {
            this.workers.add(new Worker());
        }
        replicas.forEach(replica -> this.workers.add(new Worker(replica)));
        threads = new Workers(all, "backpropagation");
    }

    /**
     * Gives each weight its gradient. Left to the first backward pass, gradients would lie scattered among its activations, whose memory
     * then is of no use to the next.
     */
    private void zeroGradients(List<NDArray> weights) {
        for (NDArray weight : weights) {
            try (NDArray zeros = weight.zerosLike()) {
                JniUtils.backward((PtNDArray) weight, (PtNDArray) zeros, false, false);
            }
        }
    }

    /** A worker beside the caller, whose leaves have gradients of their own. */
    private final class Worker {
        private final Network<P> network;
        private final List<NDArray> leaves;
        private final WeightList weights;
        private final boolean sharesStorage;
        private boolean used;

        /** With leaves that share the weights' storage. */
        Worker() {
            network = Backpropagation.this.network;
            leaves = new ArrayList<>();
            sharesStorage = true;
            Map<NDArray, NDArray> leafOf = new IdentityHashMap<>();
            for (NDArray weight : trained) {
                NDArray leaf = JniUtils.detachGradient((PtNDArray) weight);
                leaf.attach(manager);
                leaf.setRequiresGradient(true);
                leaves.add(leaf);
                leafOf.put(weight, leaf);
            }
            zeroGradients(leaves);
            weights = network.weights().with(array -> leafOf.getOrDefault(array, array));
        }

        Worker(Replica<P> replica) {
            network = replica.network();
            leaves = replica.trained();
            zeroGradients(leaves);
            weights = network.weights();
            sharesStorage = false;
        }

        void close() {
            if (sharesStorage) {
                weights.close();
            }
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
        passes.add(() -> run(rendezvous, 0, network, network.weights(), parts.get(0), seed));
        for (int i = 1; i < parts.size(); i++) {
            int place = i;
            Worker worker = workers.get(i - 1);
            passes.add(() -> {
                run(rendezvous, place, worker.network, worker.weights, parts.get(place), seed);
                worker.used = true;
            });
        }
        threads.run(passes);
    }

    private void run(Rendezvous rendezvous, int place, Network<P> network, WeightList weights, P part, long seed) {
        float[] upstream;
        Propagation pass = null;
        try {
            try {
                pass = network.forward(weights, part, seed);
                upstream = rendezvous.exchange(place, pass.values());
            } catch (RuntimeException e) {
                rendezvous.fail(e);
                throw e;
            } catch (Error e) {
                rendezvous.fail(new IllegalStateException(e));
                throw e;
            }
            pass.backward(upstream);
        } finally {
            if (pass != null) {
                pass.close();
            }
        }
    }

    /** Does something to all weights, with all threads where they are many. */
    public void share(Runnable task) {
        threads.run(List.of(task), parameters >= LEAST_SHARED);
    }

    /** Adds the workers' gradients to those of the weights, in the order of the workers. */
    public void gather() {
        share(this::add);
    }

    private void add() {
        for (Worker worker : workers) {
            if (worker.used) {
                worker.used = false;
                try (Scratch step = Scratch.notRecording(manager);
                        GradientViews mine = new GradientViews(trained);
                        GradientViews theirs = new GradientViews(worker.leaves)) {
                    List<NDArray> here = theirs.all().stream()
                            .map(gradient -> moved(gradient, step))
                            .toList();
                    script.run("add", step.tensors(mine.all()), step.tensors(here));
                    script.run("zero", step.tensors(theirs.all()));
                }
            }
        }
    }

    private NDArray moved(NDArray gradient, Scratch step) {
        NDArray here = gradient.toDevice(manager.getDevice(), false);
        if (here != gradient) {
            here.attach(step.manager());
        }
        return here;
    }

    /** Writes the weights over those of the replicas. */
    public void spread() {
        for (Worker worker : workers) {
            if (!worker.sharesStorage) {
                try (Scratch step = Scratch.notRecording(manager)) {
                    script.run("copy", step.tensors(worker.leaves), step.tensors(trained));
                }
            }
        }
    }

    @Override
    public void close() {
        threads.close();
        workers.forEach(Worker::close);
        script.close();
        manager.close();
    }
}
