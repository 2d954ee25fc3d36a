package io.counterflow.scorer.training;

import io.counterflow.model.classifier.ClassifierInput;
import java.util.List;

/**
 * An example as a classifier takes it.
 *
 * @param inputs one, or for a preference two
 * @param target its class, 0 where there is none
 */
record TrainingItem(List<ClassifierInput> inputs, int target) {

    TrainingItem {
        inputs = List.copyOf(inputs);
    }

    /** Whether it is a pair whose inputs are the same, which teaches nothing. */
    boolean isEqualPair() {
        return inputs.size() == 2 && inputs.get(0).equals(inputs.get(1));
    }

    /** Tokens of the longest input. */
    int longest() {
        return inputs.stream().mapToInt(ClassifierInput::length).max().orElse(0);
    }
}
