package io.counterflow.scorer.assembler;

import io.counterflow.scorer.ScorerId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What is known of a group that is not closed; the records themselves are in the stores. */
final class OpenGroup {

    private final long deadline;
    private final Map<String, Integer> members = new HashMap<>();
    private final Map<String, Set<ScorerId>> outcomes = new HashMap<>();
    private int size = -1;

    /** A group that is closed at {@code deadline}, in milliseconds of the epoch, whatever is there then. */
    OpenGroup(long deadline) {
        this.deadline = deadline;
    }

    boolean due(long now) {
        return now >= deadline;
    }

    boolean hasMember(String completionId) {
        return members.containsKey(completionId);
    }

    void addMember(String completionId, int index, int groupSize) {
        members.put(completionId, index);
        size = groupSize;
    }

    boolean hasOutcome(String completionId, ScorerId scorer) {
        return outcomes.getOrDefault(completionId, Set.of()).contains(scorer);
    }

    void addOutcome(String completionId, ScorerId scorer) {
        outcomes.computeIfAbsent(completionId, id -> new HashSet<>()).add(scorer);
    }

    boolean complete(Set<ScorerId> awaited) {
        return members.size() == size
                && members.keySet().stream()
                        .allMatch(id -> outcomes.getOrDefault(id, Set.of()).containsAll(awaited));
    }
}
