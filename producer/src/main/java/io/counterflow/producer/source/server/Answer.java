package io.counterflow.producer.source.server;

import java.util.List;
import java.util.Optional;

/**
 * What a server said to one request, whichever kind it is.
 *
 * @param finish why it ended, in the server's word
 * @param stoppedByString whether the server says that a stop string ended it; not all do
 * @param tokenIds of the completion; empty where the server names none
 * @param terms ln p of each token; empty where it gives none, or not for every one
 * @param promptTokenIds what it sampled from, where it says so
 * @param weights what the server says sampled this: the name of a model or adapter, or the version of its weights
 */
public record Answer(
        String finish,
        boolean stoppedByString,
        String text,
        int[] tokenIds,
        List<Float> terms,
        Optional<int[]> promptTokenIds,
        Optional<String> weights) {

    /** Whether the completion ended by itself or at its limit; a server that is paused, say, gives back what it has. */
    public boolean isFinished() {
        return finish.equals("stop") || isAtItsLimit();
    }

    /** Whether it has as many tokens as were asked for. */
    public boolean isAtItsLimit() {
        return finish.equals("length");
    }
}
