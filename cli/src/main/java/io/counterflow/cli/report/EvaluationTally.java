package io.counterflow.cli.report;

import io.counterflow.schemas.Completion;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.trainer.batch.RunRecipe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What became of every held-out prompt of one run, by the policy version that answered it: sampled, scored, given up. Rewards of
 * two recipes are on two scales: where the log has several, only one counts, and the groups of the others are counted apart. Not
 * thread-safe.
 *
 * @param <T> what is kept of a scored group
 */
public final class EvaluationTally<T> {

    private record Sampled(long version, String promptId) {}

    private record Scored<T>(long version, String promptId, T kept) {}

    /** What one recipe said. */
    private static final class Verdicts<T> {
        private final String name;
        private final Map<String, Scored<T>> scored = new HashMap<>();
        private final Map<String, OptionalLong> givenUp = new HashMap<>();

        private Verdicts(String name) {
            this.name = name;
        }
    }

    /**
     * One evaluation.
     *
     * @param version optimizer steps that the policy had taken
     * @param prompts how many there were
     * @param byPrompt what was kept of those that were scored, by prompt id
     */
    public record Evaluated<T>(long version, HeldOutPrompts prompts, SortedMap<String, T> byPrompt) {}

    private final Function<ScoredGroup, T> kept;
    private final Map<String, Sampled> sampled = new HashMap<>();
    // In the order in which they were met.
    private final Map<String, Verdicts<T>> recipes = new LinkedHashMap<>();
    private String learnedFrom;

    /** @param kept what to keep of a scored group */
    public EvaluationTally(Function<ScoredGroup, T> kept) {
        this.kept = kept;
    }

    /** Takes in what was sampled; completions to learn from are passed over. */
    public void sampled(Completion completion) {
        if (completion.getPurpose() == Purpose.EVALUATION) {
            sampled.put(completion.getGroupId(), new Sampled(completion.getPolicyVersion(), completion.getPromptId()));
        }
    }

    /** Takes in a group with its rewards; groups to learn from are passed over. */
    public void scored(ScoredGroup group) {
        if (group.getPurpose() == Purpose.EVALUATION && !group.getMembers().isEmpty()) {
            verdicts(group)
                    .scored
                    .putIfAbsent(
                            group.getGroupId(),
                            new Scored<>(version(group).orElseThrow(), group.getPromptId(), kept.apply(group)));
        }
    }

    /** Takes in a group that has no rewards and went to the dead letters. */
    public void givenUp(ScoredGroup group) {
        if (group.getPurpose() == Purpose.EVALUATION) {
            verdicts(group).givenUp.put(group.getGroupId(), version(group));
        }
    }

    /** The recipe that the run learns from, by its SHA-256: where evaluations were rewarded by it, it is the one that counts. */
    public void learnedFrom(String recipeSha256) {
        learnedFrom = recipeSha256;
    }

    private Verdicts<T> verdicts(ScoredGroup group) {
        return recipes.computeIfAbsent(
                group.getRecipeSha256(),
                sha256 -> new Verdicts<>(RunRecipe.name(group.getRecipe(), group.getRecipeSha256())));
    }

    private static OptionalLong version(ScoredGroup group) {
        return group.getMembers().stream()
                .mapToLong(GroupMember::getPolicyVersion)
                .findFirst();
    }

    private Optional<Verdicts<T>> chosen() {
        Verdicts<T> best = recipes.get(learnedFrom);
        for (Verdicts<T> other : recipes.values()) {
            if (best == null || best.scored.isEmpty() && !other.scored.isEmpty()) {
                best = other;
            } else if (best != recipes.get(learnedFrom) && other.scored.size() > best.scored.size()) {
                best = other;
            }
        }
        return Optional.ofNullable(best);
    }

    /** The recipe that counts, in a few letters; empty where nothing was scored or given up. */
    public Optional<String> recipe() {
        return chosen().map(verdicts -> verdicts.name);
    }

    /** Groups that other recipes rewarded, by recipe. */
    public SortedMap<String, Long> otherRecipes() {
        Verdicts<T> chosen = chosen().orElse(null);
        SortedMap<String, Long> others = new TreeMap<>();
        for (Verdicts<T> verdicts : recipes.values()) {
            if (verdicts != chosen && !verdicts.scored.isEmpty()) {
                others.put(verdicts.name, (long) verdicts.scored.size());
            }
        }
        return others;
    }

    /** By version, ascending. One of which nothing is scored yet, or ever will be, is among them. */
    public List<Evaluated<T>> evaluations() {
        Verdicts<T> chosen = chosen().orElseGet(() -> new Verdicts<>(""));
        TreeMap<Long, TreeMap<String, T>> scored = new TreeMap<>();
        chosen.scored.values().forEach(group -> scored.computeIfAbsent(group.version(), v -> new TreeMap<>())
                .put(group.promptId(), group.kept()));
        Map<Long, Long> lost = new TreeMap<>();
        chosen.givenUp.forEach((groupId, version) -> {
            OptionalLong of = sampled.containsKey(groupId)
                    ? OptionalLong.of(sampled.get(groupId).version())
                    : version;
            // One that was redriven with success is scored after all.
            if (of.isPresent() && !chosen.scored.containsKey(groupId)) {
                lost.merge(of.getAsLong(), 1L, Long::sum);
            }
        });
        Map<Long, Long> all = new TreeMap<>();
        sampled.values().forEach(group -> all.merge(group.version(), 1L, Long::sum));
        scored.keySet().forEach(version -> all.putIfAbsent(version, 0L));
        lost.keySet().forEach(version -> all.putIfAbsent(version, 0L));
        List<Evaluated<T>> evaluations = new ArrayList<>();
        all.forEach((version, count) -> {
            SortedMap<String, T> there = scored.getOrDefault(version, new TreeMap<>());
            long givenUp = lost.getOrDefault(version, 0L);
            // Retention may have removed completions whose groups are still there.
            long ofAll = Math.max(count, there.size() + givenUp);
            evaluations.add(new Evaluated<>(version, new HeldOutPrompts(ofAll, there.size(), givenUp), there));
        });
        return evaluations;
    }
}
