package io.counterflow.trainer.metrics;

import java.util.SortedMap;

/** Gets the numbers of every step that is applied, on the trainer's thread. */
@FunctionalInterface
public interface StepRecorder {

    /**
     * @param step the optimizer step
     * @param numbers by name
     */
    void record(long step, SortedMap<String, Double> numbers);

    /** Records nothing. */
    static StepRecorder none() {
        return (step, numbers) -> {};
    }
}
