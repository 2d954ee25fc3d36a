package io.counterflow.scorer.recipe;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.counterflow.files.Sha256;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.ScorerId;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Says how the scores of a completion become its reward: the sum of the terms.
 *
 * @param name name of the recipe, and of the assembler that follows it
 * @param scorers the terms
 * @param groupWait how long a group waits for outcomes after it was first seen
 * @param incomplete what becomes of a group in which a completion has no reward; null for {@link Incomplete#LEAVE_OUT}
 */
@JsonIgnoreProperties({"canonical", "sha256"})
public record Recipe(
        @JsonPropertyDescription("Name of the recipe: lower-case letters, digits and hyphens. Default: 'default'.")
        String name,

        @JsonPropertyDescription(
                "The scorers and what becomes of their values. Default: every scorer of scoring.scorers, with weight 1.")
        List<Term> scorers,

        @JsonPropertyDescription(
                "How long a group waits for its scores before it is closed with those there are. Default: 30m.")
        Duration groupWait,

        @JsonPropertyDescription(
                "A group in which a completion lacks a required score: LEAVE_OUT makes a group of the others"
                        + " where two are left, GIVE_UP sends the whole group to the dead letters. Default: LEAVE_OUT.")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        Incomplete incomplete) {

    /** What becomes of a group in which a completion has no reward. */
    public enum Incomplete {
        /** It is made of the other completions, where enough are left. */
        LEAVE_OUT,
        /** It goes to the dead letters. */
        GIVE_UP
    }

    private static final ObjectMapper CANONICAL = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    /** Fills in defaults and checks that each scorer is named once. */
    public Recipe {
        name = requireNonNullElse(name, "default");
        scorers = scorers == null ? List.of(Term.of("unit-tests")) : List.copyOf(scorers);
        groupWait = requireNonNullElse(groupWait, Duration.ofMinutes(30));
        // Not spelt out where it is the default: recipes of before it keep their SHA-256.
        incomplete = incomplete == Incomplete.LEAVE_OUT ? null : incomplete;
        if (!name.matches("[a-z0-9][a-z0-9-]*")) {
            throw new IllegalArgumentException(
                    "recipe name '" + name + "': use lower-case letters, digits and hyphens");
        }
        if (groupWait.isNegative() || groupWait.isZero()) {
            throw new IllegalArgumentException("groupWait " + groupWait + " must be positive");
        }
        Set<ScorerId> ids = new HashSet<>();
        for (Term term : scorers) {
            if (!ids.add(term.id())) {
                throw new IllegalArgumentException("scorer " + term.id() + " is in recipe " + name + " twice");
            }
        }
        if (scorers.stream().noneMatch(t -> t.use() == Term.Use.REQUIRED)) {
            throw new IllegalArgumentException(
                    "recipe " + name + " requires no scorer; without one nothing can be learnt");
        }
    }

    /** One required scorer. */
    public static Recipe of(String scorer) {
        return new Recipe(null, List.of(Term.of(scorer)), null, null);
    }

    /**
     * Reads a recipe's canonical form.
     *
     * @throws IllegalArgumentException when it is none that this version can read
     */
    public static Recipe ofCanonical(String json) {
        try {
            return CANONICAL.readValue(json, Recipe.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a recipe: " + e.getOriginalMessage(), e);
        }
    }

    /** The term of this scorer, null when it has none. */
    public Term term(ScorerId id) {
        return scorers.stream().filter(t -> t.id().equals(id)).findFirst().orElse(null);
    }

    /** The scorers whose outcome a group waits for. */
    public Set<ScorerId> awaited() {
        Set<ScorerId> ids = new HashSet<>();
        scorers.stream().filter(t -> t.use() != Term.Use.SHADOW).forEach(t -> ids.add(t.id()));
        return ids;
    }

    /** How many completions with a reward a group of this size must have to be of use. */
    public int needed(Purpose purpose, int groupSize) {
        if (incomplete == Incomplete.GIVE_UP) {
            return groupSize;
        }
        // A reward alone says nothing in training: the loss compares two.
        return purpose == Purpose.EVALUATION ? 1 : 2;
    }

    /**
     * The statistics of the standardised scorers' values, with those of one more group.
     *
     * @param before as they were; what is not there has seen nothing
     * @param completions the scores of each completion of the group, in the order of their index
     */
    public SortedMap<ScorerId, RunningStatistics> statistics(
            Map<ScorerId, RunningStatistics> before, List<Map<ScorerId, Score>> completions) {
        SortedMap<ScorerId, RunningStatistics> after = new TreeMap<>();
        for (Term term : scorers) {
            if (term.standardises()) {
                RunningStatistics statistics = before.getOrDefault(term.id(), RunningStatistics.NONE);
                for (Map<ScorerId, Score> scores : completions) {
                    Score score = scores.get(term.id());
                    if (isThere(score)) {
                        statistics = statistics.with(term.clipped(score.getValue()));
                    }
                }
                after.put(term.id(), statistics);
            }
        }
        return after;
    }

    /**
     * The reward that these scores of one completion make.
     *
     * @param statistics of the scorers that are standardised
     */
    public Reward reward(Map<ScorerId, Score> scores, Map<ScorerId, RunningStatistics> statistics) {
        double sum = 0;
        for (Term term : scorers) {
            if (term.use() == Term.Use.SHADOW) {
                continue;
            }
            Score score = scores.get(term.id());
            RunningStatistics seen = statistics.getOrDefault(term.id(), RunningStatistics.NONE);
            if (isThere(score)) {
                sum += term.apply(score.getValue(), seen);
            } else if (term.use() == Term.Use.OPTIONAL) {
                sum += term.apply(term.otherwise(), seen);
            } else {
                return new Reward.Missing(term.id() + " " + why(score));
            }
        }
        return Double.isFinite(sum)
                ? new Reward.Known(sum)
                : new Reward.Missing("the terms of recipe " + name + " add up to " + sum);
    }

    private static boolean isThere(Score score) {
        return score != null
                && score.getOutcome() == Outcome.SCORED
                && score.getValue() != null
                && Double.isFinite(score.getValue());
    }

    private String why(Score score) {
        if (score == null) {
            return "said nothing within " + groupWait;
        }
        return score.getOutcome() == Outcome.SCORED
                ? "gave " + score.getValue() + ", which is not finite"
                : score.getOutcome() + ": " + score.getCause();
    }

    /** The recipe as JSON, with every default spelt out and keys in order: equal recipes have equal text. */
    public String canonical() {
        try {
            return CANONICAL.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a recipe is plain data", e);
        }
    }

    /** SHA-256 of {@link #canonical} in UTF-8, lower-case hexadecimal. */
    public String sha256() {
        return Sha256.of(canonical());
    }
}
