package io.counterflow.cli.check;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.Term;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A recipe, looked at as something to learn from. */
public final class RecipeCheck {

    private RecipeCheck() {}

    /**
     * A file of one recipe.
     *
     * @throws ConfigException where it cannot be used
     */
    public static Recipe read(Path file) {
        ConfigFile read = ConfigFile.read(file);
        Recipe recipe = read.bind(Recipe.class);
        fault(recipe).ifPresent(fault -> {
            throw new ConfigException(file + ": " + fault);
        });
        return recipe;
    }

    /** A reward that is the same whatever the scores are teaches nothing. */
    static Optional<String> fault(Recipe recipe) {
        List<Term> used = recipe.scorers().stream()
                .filter(term -> term.use() != Term.Use.SHADOW)
                .toList();
        boolean same = used.stream()
                .allMatch(term -> term.weight() == 0
                        || !term.clip().isEmpty()
                                && term.clip().get(0).equals(term.clip().get(1)));
        return same
                ? Optional.of("the reward is the same whatever the scores are: "
                        + (used.size() == 1 ? "its only term has" : "all of its terms have")
                        + " weight 0, or a clip of one value, and nothing can be learnt from it")
                : Optional.empty();
    }
}
