package io.counterflow.scorer.unittests.wire;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.PriorityBlockingQueue;

/** Sets, maps and queues in an order: the natural one where the JDK makes it, else that in which their elements arrived. */
final class OrderedContainers {

    private OrderedContainers() {}

    @SuppressWarnings({"unchecked", "rawtypes"})
    static Object of(Object empty, List<Object> elements, Foreign foreign) {
        boolean map = empty instanceof Map;
        List<Object> ordering = new ArrayList<>();
        for (int i = 0; i < elements.size(); i += map ? 2 : 1) {
            ordering.add(elements.get(i));
        }
        try {
            ArrivalOrder order = naturally(ordering, foreign) ? null : new ArrivalOrder(ordering);
            if (map) {
                return ValueReader.map(
                        elements,
                        empty instanceof ConcurrentSkipListMap
                                ? new ConcurrentSkipListMap<>(order)
                                : new TreeMap<>(order));
            }
            Collection<Object> made = empty instanceof ConcurrentSkipListSet
                    ? new ConcurrentSkipListSet<>(order)
                    : empty instanceof PriorityQueue
                            ? new PriorityQueue<>(order)
                            : empty instanceof PriorityBlockingQueue
                                    ? new PriorityBlockingQueue<>(11, order)
                                    : new TreeSet<>(order);
            made.addAll(elements);
            return made;
        } catch (ClassCastException | NullPointerException e) {
            throw ValueReader.bad("an element that its collection does not take");
        }
    }

    /** Whether the elements are in their natural order, which is no work of the program's. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static boolean naturally(List<Object> elements, Foreign foreign) {
        Object before = null;
        for (Object element : elements) {
            if (!(element instanceof Comparable comparable) || !foreign.ordersItself(element)) {
                return false;
            }
            try {
                if (before != null && comparable.compareTo(before) < 0) {
                    return false;
                }
            } catch (ClassCastException e) {
                return false;
            }
            before = element;
        }
        return true;
    }
}
