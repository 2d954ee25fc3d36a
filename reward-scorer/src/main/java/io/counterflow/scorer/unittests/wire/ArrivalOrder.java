package io.counterflow.scorer.unittests.wire;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The order in which elements arrived, in place of the comparison that the other side ordered them by: that one is the program's,
 * and one that calls everything equal would make a set contain everything. What did not arrive comes last.
 */
final class ArrivalOrder implements Comparator<Object> {

    private final Map<Object, Integer> places = new HashMap<>();

    ArrivalOrder(List<?> elements) {
        elements.forEach(this::place);
    }

    private int place(Object element) {
        Integer place = places.putIfAbsent(element, places.size());
        return place == null ? places.size() - 1 : place;
    }

    @Override
    public int compare(Object left, Object right) {
        return Integer.compare(place(left), place(right));
    }
}
