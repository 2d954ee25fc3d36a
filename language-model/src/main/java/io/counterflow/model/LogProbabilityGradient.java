package io.counterflow.model;

import java.util.List;

/**
 * A loss, seen from the model: a function of the log-probabilities of completion tokens alone. Plain Java decides the gradient, the
 * engine multiplies it back through the network.
 */
@FunctionalInterface
public interface LogProbabilityGradient {
    /**
     * @param tokenLogProbabilities ln p of every completion token, one array a sequence
     * @return d loss / d ln p of each, in the same form
     */
    List<float[]> upstream(List<float[]> tokenLogProbabilities);
}
