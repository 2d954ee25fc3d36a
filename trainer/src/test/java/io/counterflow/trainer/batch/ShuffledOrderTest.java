package io.counterflow.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShuffledOrderTest {

    private static int[] order(long seed, long epoch) {
        return ShuffledSource.order(50, true, seed, epoch);
    }

    @Test
    void everyEpochHasAnOrderOfItsOwnThatTheSeedDecides() {
        Set<String> orders = new HashSet<>();
        for (long epoch = 0; epoch < 10; epoch++) {
            assertThat(order(1000, epoch)).isEqualTo(order(1000, epoch));
            orders.add(Arrays.toString(order(1000, epoch)));
        }
        assertThat(orders).as("orders of ten epochs").hasSize(10);
        assertThat(order(1000, 0)).isNotEqualTo(order(2000, 0));
    }

    @Test
    void anOrderHasEveryGroupOnce() {
        assertThat(order(7, 3)).containsExactlyInAnyOrder(IntStream.range(0, 50).toArray());
    }

    @Test
    void withoutShufflingTheOrderIsThatOfTheLog() {
        assertThat(ShuffledSource.order(5, false, 7, 3)).containsExactly(0, 1, 2, 3, 4);
    }
}
