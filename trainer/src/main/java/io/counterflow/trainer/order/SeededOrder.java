package io.counterflow.trainer.order;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Orders of numbers, each as likely as any other (Fisher and Yates). They depend on the random numbers alone: a run is repeated by its seed. */
public final class SeededOrder {

    private SeededOrder() {}

    /** The numbers from 0 to {@code size} - 1 in their own order. */
    public static int[] natural(int size) {
        int[] numbers = new int[size];
        for (int i = 0; i < size; i++) {
            numbers[i] = i;
        }
        return numbers;
    }

    /** The numbers from 0 to {@code size} - 1 in an order of this epoch, a function of seed and epoch. */
    public static int[] ofEpoch(int size, long seed, long epoch) {
        int[] numbers = natural(size);
        // Mixed through a generator first: seeds that differ by little give unrelated orders.
        shuffle(numbers, new SplittableRandom(new SplittableRandom(seed + epoch).nextLong()));
        return numbers;
    }

    /** Puts numbers into another order, in place. */
    public static void shuffle(int[] numbers, RandomGenerator random) {
        for (int i = numbers.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = numbers[i];
            numbers[i] = numbers[j];
            numbers[j] = swapped;
        }
    }
}
