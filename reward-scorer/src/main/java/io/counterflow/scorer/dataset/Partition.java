package io.counterflow.scorer.dataset;

import io.counterflow.files.Sha256;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Examples to learn from and examples to be judged by. All examples of a group (a prompt, a premise) are on one side. Which side depends on
 * the seed and the group's text alone, not on the order of the file.
 *
 * @param <E> kind of example
 */
public record Partition<E extends Example>(List<E> training, List<E> heldOut) {

    /** Copies the lists. */
    public Partition {
        training = List.copyOf(training);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * Holds examples out.
     *
     * @param heldOut below 1 a share of the examples, from 1 on a number of them; whole groups are taken until it is reached
     * @throws IllegalArgumentException when it is negative, or nothing would be left to learn from
     */
    public static <E extends Example> Partition<E> of(List<E> examples, double heldOut, long seed) {
        if (!(heldOut >= 0)) {
            throw new IllegalArgumentException("held-out " + heldOut + " must be 0 or more");
        }
        long wanted = heldOut < 1 ? Math.round(heldOut * examples.size()) : Math.round(heldOut);
        List<E> out = new ArrayList<>();
        List<E> rest = new ArrayList<>();
        for (List<E> group : groups(examples, "held out", seed)) {
            (out.size() < wanted ? out : rest).addAll(group);
        }
        if (rest.isEmpty()) {
            throw new DatasetException("of " + examples.size() + " examples none is left to learn from when " + wanted
                    + " are held out; hold out fewer");
        }
        return new Partition<>(rest, out);
    }

    /**
     * Examples to learn from and others to be judged by, from two files. What shares a group with a held-out example is not learned from.
     *
     * @throws DatasetException when nothing would be left to learn from
     */
    public static <E extends Example> Partition<E> of(List<E> examples, List<E> heldOut) {
        Set<String> groups = heldOut.stream().map(Example::group).collect(Collectors.toSet());
        List<E> rest = examples.stream()
                .filter(example -> !groups.contains(example.group()))
                .toList();
        if (rest.isEmpty()) {
            throw new DatasetException("every example to learn from is also a held-out one");
        }
        return new Partition<>(rest, heldOut);
    }

    /** At most {@code most} of these examples, drawn group by group by the seed. */
    public static <E extends Example> List<E> sample(List<E> examples, int most, long seed) {
        if (examples.size() <= most) {
            return examples;
        }
        List<E> drawn = new ArrayList<>();
        for (List<E> group : groups(examples, "sample", seed)) {
            drawn.addAll(group.subList(0, Math.min(group.size(), most - drawn.size())));
            if (drawn.size() == most) {
                return drawn;
            }
        }
        return drawn;
    }

    /** The groups in an order that the seed makes. */
    private static <E extends Example> List<List<E>> groups(List<E> examples, String purpose, long seed) {
        Map<String, List<E>> groups = new LinkedHashMap<>();
        for (E example : examples) {
            groups.computeIfAbsent(example.group(), g -> new ArrayList<>()).add(example);
        }
        Map<String, String> places = new LinkedHashMap<>();
        groups.keySet().forEach(group -> places.put(group, Sha256.of(purpose + "\0" + seed + "\0" + group)));
        return groups.keySet().stream()
                .sorted(Comparator.comparing(places::get))
                .map(groups::get)
                .toList();
    }
}
