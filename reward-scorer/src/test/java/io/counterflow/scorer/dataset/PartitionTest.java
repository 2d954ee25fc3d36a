package io.counterflow.scorer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PartitionTest {

    /** 100 premises with three hypotheses each. */
    private static final List<NliPair> PAIRS = IntStream.range(0, 300)
            .mapToObj(i -> new NliPair("premise " + i / 3, "hypothesis " + i, NliLabel.values()[i % 3]))
            .toList();

    @Test
    void noPremiseIsOnBothSides() {
        Partition<NliPair> partition = Partition.of(PAIRS, 0.2, 7);
        assertThat(partition.heldOut()).hasSize(60);
        assertThat(partition.training()).hasSize(240);
        assertThat(premises(partition.heldOut())).doesNotContainAnyElementsOf(premises(partition.training()));
    }

    @Test
    void theSidesDependOnTheSeedAndNotOnTheOrderOfTheFile() {
        List<NliPair> shuffled = new ArrayList<>(PAIRS);
        Collections.shuffle(shuffled, new Random(3));
        assertThat(premises(Partition.of(shuffled, 0.2, 7).heldOut()))
                .isEqualTo(premises(Partition.of(PAIRS, 0.2, 7).heldOut()));
        assertThat(premises(Partition.of(PAIRS, 0.2, 8).heldOut()))
                .isNotEqualTo(premises(Partition.of(PAIRS, 0.2, 7).heldOut()));
    }

    @Test
    void fromOneOnItIsANumberOfExamples() {
        assertThat(Partition.of(PAIRS, 31, 7).heldOut()).hasSize(33);
        assertThat(Partition.of(PAIRS, 0, 7).heldOut()).isEmpty();
        assertThatThrownBy(() -> Partition.of(PAIRS, 300, 7))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("none is left to learn from");
    }

    @Test
    void whatSharesAPremiseWithAValidationFileIsNotLearnedFrom() {
        Partition<NliPair> partition = Partition.of(PAIRS, PAIRS.subList(0, 4));
        assertThat(partition.heldOut()).hasSize(4);
        assertThat(partition.training()).isEqualTo(PAIRS.subList(6, 300));
    }

    @Test
    void aSampleIsDrawnBySeed() {
        List<NliPair> sample = Partition.sample(PAIRS, 50, 1);
        assertThat(sample).hasSize(50).isSubsetOf(PAIRS).doesNotHaveDuplicates();
        assertThat(Partition.sample(PAIRS, 50, 1)).isEqualTo(sample);
        assertThat(Partition.sample(PAIRS, 50, 2)).isNotEqualTo(sample);
        assertThat(Partition.sample(PAIRS, 300, 1)).isEqualTo(PAIRS);
    }

    private static Set<String> premises(List<NliPair> pairs) {
        return pairs.stream().map(NliPair::premise).collect(Collectors.toSet());
    }
}
