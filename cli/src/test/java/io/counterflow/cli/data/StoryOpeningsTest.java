package io.counterflow.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class StoryOpeningsTest {

    @Test
    void theSameSeedGivesTheSameOpeningsEachOnce() {
        List<String> openings = new StoryOpenings(1).take(2000);
        assertThat(openings).hasSize(2000).doesNotHaveDuplicates().isEqualTo(new StoryOpenings(1).take(2000));
        assertThat(new StoryOpenings(2).take(2000)).isNotEqualTo(openings);
    }

    @Test
    void openingsAreVariedAndShort() {
        List<String> openings = new StoryOpenings(1).take(2000);
        assertThat(openings).allSatisfy(o -> assertThat(o.split(" ").length).isBetween(6, 40));
        assertThat(openings.stream()
                        .map(o -> o.split(" ")[0] + " " + o.split(" ")[1])
                        .collect(Collectors.toSet()))
                .as("different beginnings")
                .hasSizeGreaterThan(30);
    }
}
