package io.counterflow.model.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PromptRowTest {
    private static final int WIDTH = 128;

    @Test
    void completionsOfOnePromptStandInOneRow() {
        assertThat(rows(tokens(150, 1), 25, 25, 25, 25)).containsExactly(new PromptRow(0, 4, 150 + 4 * 24));
    }

    @Test
    void longCompletionsOfAShortPromptStandAlone() {
        assertThat(rows(tokens(4, 1), 500, 500)).hasSize(2);
    }

    @Test
    void aRowGrowsOnlyAsLongAsThatIsCheaper() {
        int[] lengths = new int[200];
        Arrays.fill(lengths, 100);
        List<PromptRow> rows = rows(tokens(150, 1), lengths);
        assertThat(rows).hasSizeBetween(2, 100);
        assertThat(rows.stream().mapToInt(PromptRow::sequences).sum()).isEqualTo(200);
    }

    @Test
    void onlyNeighboursWithEqualPromptsShare() {
        int[] one = tokens(50, 1);
        int[] other = tokens(50, 2);
        List<int[]> completions = Collections.nCopies(4, tokens(5, 3));
        assertThat(PromptRow.of(List.of(one, one, other, one), completions, WIDTH))
                .containsExactly(new PromptRow(0, 2, 58), new PromptRow(2, 3, 54), new PromptRow(3, 4, 54));
    }

    @Test
    void emptyCompletionsAndEmptyListsAreFine() {
        assertThat(rows(tokens(10, 1), 0, 0)).containsExactly(new PromptRow(0, 2, 10));
        assertThat(PromptRow.of(List.of(), List.of(), WIDTH)).isEmpty();
    }

    private static List<PromptRow> rows(int[] prompt, int... lengths) {
        List<int[]> completions =
                Arrays.stream(lengths).mapToObj(length -> tokens(length, 3)).toList();
        return PromptRow.of(Stream.generate(() -> prompt).limit(lengths.length).toList(), completions, WIDTH);
    }

    private static int[] tokens(int length, int token) {
        int[] tokens = new int[length];
        Arrays.fill(tokens, token);
        return tokens;
    }
}
