package io.counterflow.scorer.training;

import io.counterflow.model.classifier.ClassifierInput;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How far examples agree with each other, as the model sees them: people who judge the same texts need not, and what they said is learned from as it
 * is.
 *
 * @param contradicting examples of which another one says the contrary
 * @param repeated examples that an earlier one is equal to
 */
record Agreement(int contradicting, int repeated) {

    static Agreement of(List<TrainingItem> items) {
        Map<Set<ClassifierInput>, Set<TrainingItem>> alike = new HashMap<>();
        items.forEach(item ->
                alike.computeIfAbsent(texts(item), key -> new HashSet<>()).add(item));
        int contradicting = (int)
                items.stream().filter(item -> alike.get(texts(item)).size() > 1).count();
        return new Agreement(contradicting, items.size() - new HashSet<>(items).size());
    }

    private static Set<ClassifierInput> texts(TrainingItem item) {
        return Set.copyOf(item.inputs());
    }
}
