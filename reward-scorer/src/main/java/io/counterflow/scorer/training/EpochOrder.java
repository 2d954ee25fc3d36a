package io.counterflow.scorer.training;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The batches of an epoch: shuffled, then sorted by length within stretches of fifty batches so that little is padded, then the batches
 * shuffled. A function of seed and epoch.
 */
final class EpochOrder {

    private static final int STRETCH = 50;

    private EpochOrder() {}

    /** Places of items, batch by batch; the last one formed may be smaller. */
    static List<List<Integer>> batches(List<TrainingItem> items, int batch, long seed, int epoch) {
        Random random = new Random(seed * 0x9E3779B97F4A7C15L + epoch);
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, items.size()).boxed().toList());
        Collections.shuffle(order, random);
        List<List<Integer>> batches = new ArrayList<>();
        for (int from = 0; from < order.size(); from += STRETCH * batch) {
            List<Integer> stretch = order.subList(from, Math.min(order.size(), from + STRETCH * batch));
            stretch.sort(Comparator.comparingInt(i -> items.get(i).longest()));
            for (int at = 0; at < stretch.size(); at += batch) {
                batches.add(List.copyOf(stretch.subList(at, Math.min(stretch.size(), at + batch))));
            }
        }
        Collections.shuffle(batches, random);
        return batches;
    }
}
