package io.counterflow.trainer.batch;

import io.counterflow.log.LogPosition;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers which groups a run has used and where they stood, so that a group that stands in the log twice counts once.
 */
public final class SeenGroups {

    private final Map<String, LogPosition> positions = new HashMap<>();

    /**
     * Notes a group.
     *
     * @return where it stood when it was noted before, if that was another position
     */
    public Optional<LogPosition> note(String groupId, LogPosition position) {
        LogPosition before = positions.putIfAbsent(groupId, position);
        return before == null || before.equals(position) ? Optional.empty() : Optional.of(before);
    }
}
