package io.counterflow.scorer.learned;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowsTest {

    /** A token a word, and one for each four letters of a long one. */
    private static int tokens(String text) {
        return Arrays.stream(text.strip().split("\\s+"))
                .mapToInt(word -> (word.length() + 3) / 4)
                .sum();
    }

    private final Windows windows = new Windows(WindowsTest::tokens);

    @Test
    void whatFitsIsNotDivided() {
        assertThat(windows.of("One. Two. ", 3)).containsExactly("One. Two. ");
    }

    @Test
    void partsAreWholeSentencesAndOverlapByOne() {
        assertThat(windows.of("One a b. Two a b. Six a b. Ten a b.", 6))
                .containsExactly("One a b. Two a b.", "Two a b. Six a b.", "Six a b. Ten a b.");
    }

    @Test
    void aSentenceThatIsTooLongIsDividedBetweenWords() {
        assertThat(windows.of("a b c d e f g. Then.", 3)).containsExactly("a b c", "d e f", "g. Then.");
    }

    @Test
    void nothingIsLeftOutAndEverythingFits() {
        long seed = 5;
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder();
            int words = 1 + random.nextInt(80);
            for (int i = 0; i < words; i++) {
                text.append("w".repeat(random.nextInt(12) == 0 ? 40 : 1)).append(i);
                text.append(random.nextInt(6) == 0 ? ". W" : " ");
            }
            int most = 2 + random.nextInt(12);
            List<String> parts = windows.of(text.toString(), most);
            assertThat(parts).as("seed %d, round %d", seed, round).allSatisfy(part -> assertThat(tokens(part))
                    .isLessThanOrEqualTo(most));
            String all = String.join(" ", parts);
            String together = all.replaceAll("\\s+", "");
            for (String word : text.toString().strip().split("\\s+")) {
                assertThat(together).as("seed %d, round %d", seed, round).contains(word);
            }
        }
    }

    @Test
    void sentencesEndWhereTheyDo() {
        assertThat(Sentences.of(
                        "Mr. Smith met Dr. J. Doe, i.e. the boss. They spoke! About what?\n\nNothing ... \n\n---"))
                .containsExactly(
                        "Mr. Smith met Dr. J. Doe, i.e. the boss.", "They spoke!", "About what?", "Nothing ...");
        assertThat(Sentences.of(" \n ")).isEmpty();
        assertThat(Sentences.of("Ein Satz. \u00dcbrigens noch einer. \u4ed6\u6765\u4e86\u3002\u6211\u8d70\u4e86\u3002"))
                .hasSize(4);
    }
}
