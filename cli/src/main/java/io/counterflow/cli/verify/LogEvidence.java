package io.counterflow.cli.verify;

import io.counterflow.log.Log;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.StepPlanned;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the topics of a drill's log hold after it, read once and counted. */
final class LogEvidence {

    private final Log log;
    private final Map<String, List<Completion>> sampled = new HashMap<>();
    private final Map<String, List<LogPosition>> scored = new HashMap<>();
    private final Map<Long, Integer> evaluated = new TreeMap<>();
    private final Set<String> training = new HashSet<>();

    /** @param run the run that sampled */
    LogEvidence(Log log, String run) {
        this.log = log;
        try (LogReader<Completion> reader = new LogReader<>(log, Topic.COMPLETIONS, Completion.class)) {
            reader.read(reader.everything(), record -> {
                Completion completion = record.value();
                if (completion.getRunId().equals(run)) {
                    sampled.computeIfAbsent(completion.getGroupId(), g -> new ArrayList<>())
                            .add(completion);
                }
            });
        }
        try (LogReader<ScoredGroup> reader = new LogReader<>(log, Topic.SCORED_GROUPS, ScoredGroup.class)) {
            reader.read(reader.everything(), record -> {
                ScoredGroup group = record.value();
                scored.computeIfAbsent(group.getGroupId(), g -> new ArrayList<>())
                        .add(new LogPosition(record.partition(), record.offset()));
                if (group.getPurpose() == Purpose.TRAINING) {
                    training.add(group.getGroupId());
                } else {
                    evaluated.merge(
                            group.getMembers().get(0).getPolicyVersion(),
                            group.getMembers().size(),
                            Integer::sum);
                }
            });
        }
    }

    /** Whether every sampled group is in the log of scored groups. */
    int scored() {
        return scored.size();
    }

    boolean complete() {
        return scored.keySet().containsAll(sampled.keySet());
    }

    void check(Findings findings) {
        long completions = sampled.values().stream().mapToLong(List::size).sum();
        long distinct = sampled.values().stream()
                .flatMap(List::stream)
                .map(Completion::getCompletionId)
                .distinct()
                .count();
        findings.claim(
                sampled.size() + " groups sampled, every one whole, no completion twice (" + completions
                        + " completions)",
                distinct == completions
                        && sampled.values().stream()
                                .allMatch(group -> group.size() == group.get(0).getGroupSize()));
        findings.claim(
                scored.size() + " groups scored: every sampled one, none twice",
                scored.keySet().equals(sampled.keySet())
                        && scored.values().stream().allMatch(places -> places.size() == 1));
    }

    /** Every policy that asked for it was evaluated on every held-out prompt, and nobody learned from that. */
    void checkEvaluations(Findings findings, Collection<Long> versions, int completionsEach, String... runs) {
        Map<Long, Integer> expected = new TreeMap<>();
        versions.forEach(version -> expected.put(version, completionsEach));
        String claim = "policies " + new TreeSet<>(versions) + " evaluated through the log, " + completionsEach
                + " held-out completions each";
        boolean holds = evaluated.equals(expected);
        findings.claim(holds ? claim : claim + "; found, by policy: " + evaluated, holds);
        findings.claim(
                "no evaluation was learned from",
                List.of(runs).stream().allMatch(run -> training.containsAll(used(run))));
    }

    /** Each group that stands before the run's positions was used once, and no other. */
    void checkLive(Findings findings, String run) {
        Map<Integer, Long> next = new HashMap<>();
        for (StepPlanned plan : new LedgerReader(log).read(run).planned().values()) {
            plan.getGroups().forEach(g -> next.merge(g.getPartition(), g.getOffset() + 1, Math::max));
        }
        Set<String> due = new HashSet<>();
        for (String group : training) {
            LogPosition place = scored.get(group).get(0);
            if (place.offset() < next.getOrDefault(place.partition(), 0L)) {
                due.add(group);
            }
        }
        List<String> used = used(run);
        findings.claim(
                run + ": every group up to where it stopped learned from once, none lost, none twice (" + used.size()
                        + ")",
                used.size() == due.size() && due.equals(new HashSet<>(used)));
    }

    /** In each pass, every group of the log was used once. */
    void checkOffline(Findings findings, String run, int passes) {
        Map<Long, List<String>> byPass = new TreeMap<>();
        for (StepPlanned plan : new LedgerReader(log).read(run).planned().values()) {
            plan.getGroups().forEach(g -> byPass.computeIfAbsent(plan.getEpoch(), e -> new ArrayList<>())
                    .add(g.getGroupId()));
        }
        findings.claim(
                run + ": every group exactly once in each of " + passes + " passes, none lost, none twice ("
                        + training.size() + " a pass)",
                byPass.size() == passes
                        && byPass.values().stream()
                                .allMatch(used ->
                                        used.size() == training.size() && training.equals(new HashSet<>(used))));
    }

    private List<String> used(String run) {
        return new LedgerReader(log)
                .read(run).planned().values().stream()
                        .flatMap(plan -> plan.getGroups().stream())
                        .map(GroupPosition::getGroupId)
                        .toList();
    }
}
