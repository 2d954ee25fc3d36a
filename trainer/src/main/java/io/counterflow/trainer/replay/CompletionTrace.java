package io.counterflow.trainer.replay;

import io.counterflow.log.Log;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.ScoredGroup;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Goes from a completion forward to every step of every run that learned from it.
 *
 * @param completionId the completion
 * @param groups the groups in the log that have it, by where they stand
 * @param steps the steps that used one of these groups; every later policy of that run was touched by it
 */
public record CompletionTrace(String completionId, Map<Place, ScoredGroup> groups, List<Use> steps) {

    /**
     * Where a group stands.
     *
     * @param topic name of the topic, with the log's prefix
     * @param position where in it
     */
    public record Place(String topic, LogPosition position) {}

    /** A step of a run. */
    public record Use(String runId, long step, Place group) {}

    /** Looks a completion up; reads the ledgers, and every topic of scored groups that a run has learned from, once each. */
    public static CompletionTrace of(Log log, String completionId) {
        Objects.requireNonNull(completionId, "completionId");
        Collection<RunLedger> ledgers = new LedgerReader(log).readAll().values();
        Set<String> topics = new TreeSet<>(Set.of(log.topicName(Topic.SCORED_GROUPS)));
        ledgers.forEach(ledger -> topics.add(sourceTopic(ledger, log)));
        Map<Place, ScoredGroup> groups = new LinkedHashMap<>();
        for (String topic : topics) {
            try (LogReader<ScoredGroup> reader = new LogReader<>(log, topic, ScoredGroup.class)) {
                reader.read(reader.everything(), record -> {
                    if (record.value().getMembers().stream()
                            .anyMatch(member -> member.getCompletionId().equals(completionId))) {
                        groups.put(
                                new Place(topic, new LogPosition(record.partition(), record.offset())), record.value());
                    }
                });
            }
        }
        List<Use> steps = new ArrayList<>();
        for (RunLedger ledger : ledgers) {
            String topic = sourceTopic(ledger, log);
            ledger.planned().forEach((step, plan) -> {
                for (GroupPosition group : plan.getGroups()) {
                    Place place = new Place(topic, new LogPosition(group.getPartition(), group.getOffset()));
                    if (groups.containsKey(place)) {
                        steps.add(new Use(ledger.runId(), step, place));
                    }
                }
            });
        }
        return new CompletionTrace(completionId, groups, steps);
    }

    private static String sourceTopic(RunLedger ledger, Log log) {
        return ledger.started().map(RunStarted::getSourceTopic).orElseGet(() -> log.topicName(Topic.SCORED_GROUPS));
    }
}
