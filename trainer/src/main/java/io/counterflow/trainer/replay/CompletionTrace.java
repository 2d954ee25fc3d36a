package io.counterflow.trainer.replay;

import io.counterflow.log.Log;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.trainer.ledger.LedgerReader;
import io.counterflow.trainer.ledger.RunLedger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Goes from a completion forward to every step of every run that learned from it.
 *
 * @param completionId the completion
 * @param groups the groups in the log that have it, by where they stand
 * @param steps the steps that used one of these groups; every later policy of that run was touched by it
 */
public record CompletionTrace(String completionId, Map<LogPosition, ScoredGroup> groups, List<Use> steps) {

    /** A step of a run. */
    public record Use(String runId, long step, LogPosition group) {}

    /** Looks a completion up; reads the topics of scored groups and of training steps once each. */
    public static CompletionTrace of(Log log, String completionId) {
        Objects.requireNonNull(completionId, "completionId");
        Map<LogPosition, ScoredGroup> groups = new LinkedHashMap<>();
        try (LogReader<ScoredGroup> reader = new LogReader<>(log, Topic.SCORED_GROUPS, ScoredGroup.class)) {
            reader.read(reader.everything(), record -> {
                if (record.value().getMembers().stream()
                        .anyMatch(member -> member.getCompletionId().equals(completionId))) {
                    groups.put(new LogPosition(record.partition(), record.offset()), record.value());
                }
            });
        }
        List<Use> steps = new ArrayList<>();
        for (RunLedger ledger : new LedgerReader(log).readAll().values()) {
            ledger.planned().forEach((step, plan) -> {
                for (GroupPosition group : plan.getGroups()) {
                    LogPosition position = new LogPosition(group.getPartition(), group.getOffset());
                    if (groups.containsKey(position)) {
                        steps.add(new Use(ledger.runId(), step, position));
                    }
                }
            });
        }
        return new CompletionTrace(completionId, groups, steps);
    }
}
