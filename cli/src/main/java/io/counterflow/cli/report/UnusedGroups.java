package io.counterflow.cli.report;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Groups that were sampled for a run and that no step has taken or set aside: the ledger names those that it passed over with the step after them, and
 * where none came they would stand in no figure. One thread.
 */
final class UnusedGroups {

    private record Group(String id, String recipe) {}

    private final Map<String, Group> byPlace = new LinkedHashMap<>();

    /**
     * Takes a group of the log.
     *
     * @param place where it stands
     * @param id of the group, which may stand in several places
     * @param recipe that rewarded it, in a few letters
     */
    void add(String place, String id, String recipe) {
        byPlace.put(place, new Group(id, recipe));
    }

    /** How many are left, by recipe; the places are those that the ledger names, for whichever reason. */
    SortedMap<String, Long> without(Collection<String> places) {
        Set<String> named = places.stream()
                .filter(byPlace::containsKey)
                .map(place -> byPlace.get(place).id())
                .collect(Collectors.toSet());
        return byPlace.values().stream()
                .filter(group -> !named.contains(group.id()))
                .distinct()
                .collect(Collectors.groupingBy(Group::recipe, TreeMap::new, Collectors.counting()));
    }
}
