package io.counterflow.model.training;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Where workers meet between forward and backward: each brings its values; the last to come has all gradients decided. */
final class Rendezvous {
    private final float[][] values;
    private final UnaryOperator<List<float[]>> decide;
    private int missing;
    private List<float[]> decided;
    private RuntimeException failure;

    Rendezvous(int workers, UnaryOperator<List<float[]>> decide) {
        values = new float[workers][];
        missing = workers;
        this.decide = decide;
    }

    /** Waits for all workers; gives the gradient of this one, or throws what any of them met with. */
    synchronized float[] exchange(int place, float[] mine) {
        values[place] = mine;
        missing--;
        if (missing == 0 && failure == null) {
            try {
                decided = decide.apply(Arrays.asList(values));
            } catch (RuntimeException e) {
                failure = e;
            }
            notifyAll();
        }
        while (decided == null && failure == null) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                failure = new IllegalStateException("Interrupted while a gradient was computed", e);
                notifyAll();
            }
        }
        if (failure != null) {
            throw failure;
        }
        return decided.get(place);
    }

    synchronized void fail(RuntimeException e) {
        if (failure == null) {
            failure = e;
            notifyAll();
        }
    }
}
