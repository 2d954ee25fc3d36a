package io.counterflow.scorer.assembler;

import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.RunningStatistics;
import io.counterflow.scorer.recipe.Term;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;

/**
 * The records of open groups, as they were in the log, and the ids of closed ones.
 *
 * <p>Keys: {@code groupId/completionId} in the store of members, {@code groupId/completionId/scorer@version} in the store of
 * outcomes, {@code groupId} in the store of closed groups, which forgets by itself, {@code recipe SHA-256/scorer@version} in the
 * store of running statistics (count, mean and squares, 8 bytes each).
 */
final class GroupStores {

    private final KeyValueStore<String, byte[]> members;
    private final KeyValueStore<String, byte[]> outcomes;
    private final WindowStore<String, byte[]> closed;
    private final KeyValueStore<String, byte[]> statistics;
    private final long rememberMillis;
    private final Deserializer<Completion> completions;
    private final Deserializer<Score> scores;

    GroupStores(
            KeyValueStore<String, byte[]> members,
            KeyValueStore<String, byte[]> outcomes,
            WindowStore<String, byte[]> closed,
            KeyValueStore<String, byte[]> statistics,
            long rememberMillis,
            Deserializer<Completion> completions,
            Deserializer<Score> scores) {
        this.members = members;
        this.outcomes = outcomes;
        this.closed = closed;
        this.statistics = statistics;
        this.rememberMillis = rememberMillis;
        this.completions = completions;
        this.scores = scores;
    }

    Completion completion(byte[] value) {
        return completions.deserialize(null, value);
    }

    Score score(byte[] value) {
        return scores.deserialize(null, value);
    }

    void putMember(Completion completion, byte[] value) {
        members.put(completion.getGroupId() + "/" + completion.getCompletionId(), value);
    }

    void putOutcome(Score score, byte[] value) {
        outcomes.put(outcomeKey(score), value);
    }

    Score outcome(Score like) {
        byte[] value = outcomes.get(outcomeKey(like));
        return value == null ? null : score(value);
    }

    private static String outcomeKey(Score score) {
        return score.getGroupId() + "/" + score.getCompletionId() + "/" + idOf(score);
    }

    static ScorerId idOf(Score score) {
        return new ScorerId(score.getScorer(), score.getScorerVersion());
    }

    boolean isClosed(String groupId, long now) {
        try (WindowStoreIterator<byte[]> found = closed.fetch(groupId, Math.max(0, now - rememberMillis), now)) {
            return found.hasNext();
        }
    }

    List<Completion> membersOf(String groupId) {
        List<Completion> found = new ArrayList<>();
        try (KeyValueIterator<String, byte[]> entries = members.prefixScan(groupId + "/", new StringSerializer())) {
            entries.forEachRemaining(entry -> found.add(completion(entry.value)));
        }
        return found;
    }

    /** Outcomes by completion and scorer. */
    Map<String, Map<ScorerId, Score>> outcomesOf(String groupId) {
        Map<String, Map<ScorerId, Score>> found = new HashMap<>();
        try (KeyValueIterator<String, byte[]> entries = outcomes.prefixScan(groupId + "/", new StringSerializer())) {
            entries.forEachRemaining(entry -> {
                Score score = score(entry.value);
                found.computeIfAbsent(score.getCompletionId(), id -> new HashMap<>())
                        .put(idOf(score), score);
            });
        }
        return found;
    }

    /** What a recipe's standardised scorers have said so far in this partition. */
    Map<ScorerId, RunningStatistics> statistics(Recipe recipe) {
        Map<ScorerId, RunningStatistics> found = new HashMap<>();
        for (Term term : recipe.scorers()) {
            byte[] value = term.standardises() ? statistics.get(recipe.sha256() + "/" + term.id()) : null;
            if (value != null) {
                ByteBuffer buffer = ByteBuffer.wrap(value);
                found.put(term.id(), new RunningStatistics(buffer.getLong(), buffer.getDouble(), buffer.getDouble()));
            }
        }
        return found;
    }

    /** Keeps the statistics that a group was made with, for the next one. */
    void putStatistics(ScoredGroup group) {
        RunningStatistics.of(group).forEach((scorer, of) -> {
            byte[] value = ByteBuffer.allocate(Long.BYTES + 2 * Double.BYTES)
                    .putLong(of.count())
                    .putDouble(of.mean())
                    .putDouble(of.squares())
                    .array();
            statistics.put(group.getRecipeSha256() + "/" + scorer, value);
        });
    }

    void close(String groupId, long now) {
        removeAll(members, groupId);
        removeAll(outcomes, groupId);
        closed.put(groupId, new byte[0], now);
    }

    private static void removeAll(KeyValueStore<String, byte[]> store, String groupId) {
        List<String> keys = new ArrayList<>();
        try (KeyValueIterator<String, byte[]> entries = store.prefixScan(groupId + "/", new StringSerializer())) {
            entries.forEachRemaining(entry -> keys.add(entry.key));
        }
        keys.forEach(store::delete);
    }

    /** Goes through every open group's records. */
    void forEach(BiConsumer<String, Completion> member, BiConsumer<String, Score> outcome) {
        try (KeyValueIterator<String, byte[]> entries = members.all()) {
            while (entries.hasNext()) {
                KeyValue<String, byte[]> entry = entries.next();
                Completion completion = completion(entry.value);
                member.accept(completion.getGroupId(), completion);
            }
        }
        try (KeyValueIterator<String, byte[]> entries = outcomes.all()) {
            while (entries.hasNext()) {
                Score score = score(entries.next().value);
                outcome.accept(score.getGroupId(), score);
            }
        }
    }
}
