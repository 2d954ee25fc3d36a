package io.counterflow.trainer.batch;

import io.counterflow.log.LogPosition;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Groups that were read, up to a size; the ones that were not asked for longest go first. Not thread-safe. */
final class GroupCache {

    private final long mostTokens;
    private final Map<LogPosition, TrainingGroup> kept = new LinkedHashMap<>(64, 0.75f, true);
    private long tokens;

    /** @param mostTokens how many tokens' worth of groups are kept; a token takes about 8 bytes */
    GroupCache(long mostTokens) {
        this.mostTokens = mostTokens;
    }

    Optional<TrainingGroup> get(LogPosition position) {
        return Optional.ofNullable(kept.get(position));
    }

    /** Keeps a group, and lets go of as many others as that takes: one long group may stand for many short ones. */
    void put(TrainingGroup group) {
        TrainingGroup before = kept.put(group.position(), group);
        tokens += tokens(group) - (before == null ? 0 : tokens(before));
        Iterator<TrainingGroup> eldest = kept.values().iterator();
        while (tokens > mostTokens) {
            tokens -= tokens(eldest.next());
            eldest.remove();
        }
    }

    /** What is kept, in tokens; never more than the most. */
    long tokens() {
        return tokens;
    }

    static long tokens(TrainingGroup group) {
        long tokens = group.promptTokenIds().length + 32L;
        for (TrainingMember member : group.members()) {
            tokens += member.tokenIds().length + 16L + 8L * member.scores().size();
        }
        return tokens;
    }
}
