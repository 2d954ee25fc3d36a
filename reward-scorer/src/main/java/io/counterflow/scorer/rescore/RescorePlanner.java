package io.counterflow.scorer.rescore;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.RunningStatistics;
import io.counterflow.scorer.rescore.RescorePlan.PlannedGroup;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads what the log has of a run, once. Takes some hundred bytes for each of its completions. */
final class RescorePlanner {

    private record Member(String completionId, LogPosition position) {}

    private static final class Found {
        private final SortedMap<Integer, Member> members = new TreeMap<>();
        private final int size;
        private Instant newest = Instant.MIN;

        private Found(int size) {
            this.size = size;
        }

        private LogPosition first() {
            return members.get(members.firstKey()).position();
        }
    }

    private final Log log;
    private final RescoreRequest request;
    private final Recipe recipe;
    private final Instant now;
    private final Map<String, Found> groups = new HashMap<>();
    private final Map<String, Map<ScorerId, LogPosition>> scores = new HashMap<>();
    private final Set<String> valued = new HashSet<>();
    private final Set<String> made = new HashSet<>();
    private final Map<Integer, Map<ScorerId, RunningStatistics>> statistics = new HashMap<>();

    RescorePlanner(Log log, RescoreRequest request, Instant now) {
        this.log = log;
        this.request = request;
        this.recipe = request.recipe();
        this.now = now;
    }

    RescorePlan plan(String topic) {
        if (log.hasTopic(topic)) {
            try (LogReader<ScoredGroup> reader = new LogReader<>(log, topic, ScoredGroup.class)) {
                reader.read(reader.everything(), record -> takeMade(topic, record.partition(), record.value()));
            }
        }
        try (LogReader<Completion> reader = new LogReader<>(log, Topic.COMPLETIONS, Completion.class)) {
            reader.read(
                    reader.everything(),
                    record -> take(record.value(), new LogPosition(record.partition(), record.offset())));
        }
        try (LogReader<Score> reader = new LogReader<>(log, Topic.SCORES, Score.class)) {
            reader.read(
                    reader.everything(),
                    record -> take(record.value(), new LogPosition(record.partition(), record.offset())));
        }
        if (groups.isEmpty() && made.isEmpty()) {
            throw new LogException("the log has no completions of run '" + request.runId()
                    + "'; check --run, and the log that the command is on");
        }
        return plan();
    }

    private void takeMade(String topic, int partition, ScoredGroup group) {
        if (!group.getRunId().equals(request.runId())) {
            return;
        }
        if (!group.getRecipeSha256().equals(recipe.sha256())) {
            throw new LogException(
                    "topic " + topic + " has groups of run " + request.runId() + " by "
                            + (group.getRecipe().equals(recipe.name())
                                    ? "another recipe of that name"
                                    : "recipe " + group.getRecipe())
                            + " (SHA-256 " + group.getRecipeSha256()
                            + "); a trainer would take each group once only: give the recipe a new name, or name another --topic");
        }
        made.add(group.getGroupId());
        if (group.getPurpose() == Purpose.TRAINING) {
            statistics.computeIfAbsent(partition, p -> new HashMap<>()).putAll(RunningStatistics.of(group));
        }
    }

    private void take(Completion completion, LogPosition position) {
        if (!completion.getRunId().equals(request.runId()) || made.contains(completion.getGroupId())) {
            return;
        }
        Found group = groups.computeIfAbsent(completion.getGroupId(), id -> new Found(completion.getGroupSize()));
        group.members.putIfAbsent(completion.getIndexInGroup(), new Member(completion.getCompletionId(), position));
        if (completion.getFinishedAt().isAfter(group.newest)) {
            group.newest = completion.getFinishedAt();
        }
    }

    private void take(Score score, LogPosition position) {
        ScorerId scorer = new ScorerId(score.getScorer(), score.getScorerVersion());
        if (!groups.containsKey(score.getGroupId()) || recipe.term(scorer) == null) {
            return;
        }
        // A failure may succeed when tried again; what was rejected never will.
        boolean usable = score.getOutcome() == Outcome.SCORED || score.getOutcome() == Outcome.REJECTED;
        String key = score.getCompletionId() + "/" + scorer;
        if (usable && !valued.contains(key)) {
            scores.computeIfAbsent(score.getCompletionId(), id -> new HashMap<>())
                    .put(scorer, position);
            if (score.getOutcome() == Outcome.SCORED) {
                valued.add(key);
            }
        }
    }

    private RescorePlan plan() {
        List<PlannedGroup> planned = new ArrayList<>();
        SortedMap<ScorerId, Long> missing = new TreeMap<>();
        long waiting = 0;
        long reusable = 0;
        Comparator<Map.Entry<String, Found>> order = Comparator.comparingInt(
                        (Map.Entry<String, Found> e) -> e.getValue().first().partition())
                .thenComparingLong(e -> e.getValue().first().offset());
        for (Map.Entry<String, Found> entry :
                groups.entrySet().stream().sorted(order).toList()) {
            Found group = entry.getValue();
            boolean complete = group.members.size() >= group.size;
            if (!complete && group.newest.plus(recipe.groupWait()).isAfter(now)) {
                waiting++;
                continue;
            }
            List<Map<ScorerId, LogPosition>> ofMembers = new ArrayList<>();
            for (Member member : group.members.values()) {
                Map<ScorerId, LogPosition> there = scores.getOrDefault(member.completionId(), Map.of());
                ofMembers.add(there);
                reusable += there.size();
                for (ScorerId scorer : recipe.awaited()) {
                    if (!there.containsKey(scorer)) {
                        missing.merge(scorer, 1L, Long::sum);
                    }
                }
            }
            List<LogPosition> positions =
                    group.members.values().stream().map(Member::position).toList();
            planned.add(new PlannedGroup(entry.getKey(), positions, ofMembers, complete));
        }
        return new RescorePlan(planned, made.size(), waiting, reusable, missing, statistics);
    }
}
