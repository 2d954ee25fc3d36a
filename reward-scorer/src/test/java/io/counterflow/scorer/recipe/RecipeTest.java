package io.counterflow.scorer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecipeTest {

    @Test
    void theCanonicalFormSpellsOutEveryDefault() {
        assertThat(new Recipe(null, null, null, null).canonical())
                .isEqualTo(
                        "{\"groupWait\":\"PT30M\",\"name\":\"default\",\"scorers\":[{\"clip\":[],\"otherwise\":null,"
                                + "\"scorer\":\"unit-tests\",\"sign\":false,\"use\":\"REQUIRED\",\"version\":\"1\",\"weight\":1.0}]}");
    }

    @Test
    void equalRecipesHaveEqualHashesAndOthersDoNot() {
        Recipe written = new Recipe(
                "default", List.of(new Term("unit-tests", "1", 1.0, null, null, null, null, null)), null, null);
        assertThat(written.sha256()).isEqualTo(Recipe.of("unit-tests").sha256()).hasSize(64);
        assertThat(new Recipe(null, null, Duration.ofMinutes(1), null).sha256()).isNotEqualTo(written.sha256());
    }

    @Test
    void whatMakesNoSenseIsRefusedWithAReason() {
        assertThatThrownBy(() -> new Recipe(null, List.of(Term.of("a"), Term.of("a")), null, null))
                .hasMessage("scorer a@1 is in recipe default twice");
        assertThatThrownBy(() -> new Term("a", null, null, List.of(1.0, 0.0), null, null, null, null))
                .hasMessageContaining("[least, greatest]");
        assertThatThrownBy(() -> new Term("a", null, null, null, null, Term.Use.OPTIONAL, null, null))
                .hasMessageContaining("belong together");
        assertThatThrownBy(() -> new Term("A b", null, null, null, null, null, null, null))
                .hasMessageContaining("lower-case letters");
    }

    /** numpy: {@code (x - x.mean()) / x.std()} of [1, 2, 4]. */
    @Test
    void statisticsOfValuesOneAfterTheOtherAreThoseOfAllAtOnce() {
        RunningStatistics statistics = RunningStatistics.NONE.with(1).with(2).with(4);
        assertThat(statistics.count()).isEqualTo(3);
        assertThat(statistics.mean()).isCloseTo(7 / 3.0, within(1e-15));
        assertThat(statistics.deviation()).isCloseTo(1.247219128924647, within(1e-15));
        assertThat(statistics.standardise(1)).isCloseTo(-1.06904497, within(1e-8));
        assertThat(statistics.standardise(4)).isCloseTo(1.33630621, within(1e-8));
        assertThat(RunningStatistics.NONE.with(5).with(5).standardise(5)).isZero();
        // Large values, small spread: the naive sum of squares would lose all of it.
        RunningStatistics far = RunningStatistics.NONE;
        for (int i = 0; i < 1000; i++) {
            far = far.with(1e9 + i % 2);
        }
        assertThat(far.deviation()).isCloseTo(0.5, within(1e-9));
    }

    @Test
    void aRecipeIsReadBackFromItsCanonicalForm() {
        Term judge = new Term("judge", "2", -0.5, List.of(0.0, 5.0), true, Term.Use.OPTIONAL, 1.0, true);
        Recipe recipe =
                new Recipe("mixed", List.of(Term.of("tests"), judge), Duration.ofMinutes(3), Recipe.Incomplete.GIVE_UP);
        assertThat(Recipe.ofCanonical(recipe.canonical())).isEqualTo(recipe);
        assertThat(recipe.canonical()).contains("\"standardise\":true", "\"incomplete\":\"GIVE_UP\"");
        assertThatThrownBy(() -> Recipe.ofCanonical("{\"later\":1}")).hasMessageContaining("not a recipe");
    }
}
