package io.counterflow.scorer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecipeTest {

    @Test
    void theCanonicalFormSpellsOutEveryDefault() {
        assertThat(new Recipe(null, null, null).canonical())
                .isEqualTo(
                        "{\"groupWait\":\"PT30M\",\"name\":\"default\",\"scorers\":[{\"clip\":[],\"otherwise\":null,"
                                + "\"scorer\":\"unit-tests\",\"sign\":false,\"use\":\"REQUIRED\",\"version\":\"1\",\"weight\":1.0}]}");
    }

    @Test
    void equalRecipesHaveEqualHashesAndOthersDoNot() {
        Recipe written = new Recipe("default", List.of(new Term("unit-tests", "1", 1.0, null, null, null, null)), null);
        assertThat(written.sha256()).isEqualTo(Recipe.of("unit-tests").sha256()).hasSize(64);
        assertThat(new Recipe(null, null, Duration.ofMinutes(1)).sha256()).isNotEqualTo(written.sha256());
    }

    @Test
    void whatMakesNoSenseIsRefusedWithAReason() {
        assertThatThrownBy(() -> new Recipe(null, List.of(Term.of("a"), Term.of("a")), null))
                .hasMessage("scorer a@1 is in recipe default twice");
        assertThatThrownBy(() -> new Term("a", null, null, List.of(1.0, 0.0), null, null, null))
                .hasMessageContaining("[least, greatest]");
        assertThatThrownBy(() -> new Term("a", null, null, null, null, Term.Use.OPTIONAL, null))
                .hasMessageContaining("belong together");
        assertThatThrownBy(() -> new Term("A b", null, null, null, null, null, null))
                .hasMessageContaining("lower-case letters");
    }
}
