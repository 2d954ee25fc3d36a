package io.counterflow.trainer.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeededOrderTest {

    @Test
    void everyOrderIsAsLikelyAsAnyOther() {
        SplittableRandom random = new SplittableRandom(3);
        Map<List<Integer>, Integer> seen = new HashMap<>();
        for (int i = 0; i < 24_000; i++) {
            int[] order = SeededOrder.natural(4);
            SeededOrder.shuffle(order, random);
            seen.merge(IntStream.of(order).boxed().toList(), 1, Integer::sum);
        }

        assertThat(seen).as("orders of four numbers").hasSize(24);
        // A thousand of each are expected, with a standard deviation of 31.
        assertThat(new ArrayList<>(seen.values()))
                .allSatisfy(count -> assertThat(count).isBetween(850, 1150));
    }

    @Test
    void anEpochHasTheOrderThatRecordedRunsHave() {
        assertThat(SeededOrder.ofEpoch(10, 17, 0)).containsExactly(8, 5, 2, 9, 0, 7, 3, 1, 6, 4);
        assertThat(SeededOrder.ofEpoch(10, 17, 1)).containsExactly(5, 1, 8, 6, 9, 4, 0, 2, 3, 7);
    }
}
