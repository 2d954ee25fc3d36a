package io.counterflow.model.decoder;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Divides sequences into batches of like lengths: little padding, and memory that does not grow with their number. */
public final class LengthBatches {
    private LengthBatches() {}

    /**
     * @param count of sequences
     * @param length of a sequence by its place, in tokens
     * @param tokens most tokens of a batch, padding included; a longer sequence is alone
     * @return the places of each batch's sequences, shortest sequences first
     */
    public static List<List<Integer>> of(int count, IntUnaryOperator length, int tokens) {
        List<Integer> order = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingInt(length::applyAsInt))
                .toList();
        List<List<Integer>> batches = new ArrayList<>();
        int from = 0;
        while (from < count) {
            int to = from + 1;
            while (to < count && (to + 1 - from) * (long) length.applyAsInt(order.get(to)) <= tokens) {
                to++;
            }
            batches.add(order.subList(from, to));
            from = to;
        }
        return batches;
    }
}
