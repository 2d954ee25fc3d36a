package io.counterflow.scorer.learned;

import io.counterflow.scorer.dataset.NliLabel;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Which logit of a model is which answer. */
final class EntailmentLabels {

    private final Map<NliLabel, Integer> places = new EnumMap<>(NliLabel.class);
    private final int size;

    /**
     * Reads the names of a checkpoint's labels.
     *
     * @param names in order of their ids
     * @throws IllegalArgumentException when none means entailment
     */
    EntailmentLabels(List<String> names) {
        size = names.size();
        for (int k = 0; k < size; k++) {
            // Numbers alone could be anybody's order.
            Optional<NliLabel> label = names.get(k).matches("\\d+") ? Optional.empty() : NliLabel.read(names.get(k));
            if (label.isPresent() && places.put(label.get(), k) != null) {
                throw new IllegalArgumentException(
                        "two of the labels " + names + " mean " + label.get().spelled());
            }
        }
        if (!places.containsKey(NliLabel.ENTAILMENT)) {
            throw new IllegalArgumentException("none of the labels " + names
                    + " means entailment; name them in order of their ids with the setting 'labels', e.g. contradiction,"
                    + " neutral, entailment");
        }
    }

    /** Number of logits. */
    int size() {
        return size;
    }

    /** The place of an answer's logit. */
    OptionalInt place(NliLabel label) {
        Integer place = places.get(label);
        return place == null ? OptionalInt.empty() : OptionalInt.of(place);
    }
}
