package io.counterflow.cli.dashboard;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.cli.dashboard.LogState.EvaluationPoint;
import io.counterflow.cli.dashboard.LogState.Point;
import io.counterflow.cli.dashboard.LogState.RunDetail;
import io.counterflow.cli.dashboard.LogState.RunState;
import io.counterflow.cli.dashboard.LogState.Sample;
import io.counterflow.cli.report.EvaluationTally;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.RunEnded;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** One run as its ledger and its groups tell it. Not thread-safe. */
final class RunHistory {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int NEWEST = 24;

    private final String runId;
    private final TreeMap<Long, Point> steps = new TreeMap<>();
    private final EvaluationTally<Double> evaluations = new EvaluationTally<>(RunHistory::meanReward);
    private final Deque<Sample> newest = new ArrayDeque<>();
    private final Set<Long> planned = new HashSet<>();
    private String objective = "";
    private Instant startedAt;
    private Instant changedAt = Instant.EPOCH;
    private boolean ended;
    private long sampled;
    private long used;
    private long setAside;

    RunHistory(String runId) {
        this.runId = runId;
    }

    void add(TrainingStep entry, Instant at) {
        changedAt = at;
        Object content = entry.getEntry();
        if (content instanceof RunStarted started) {
            startedAt = started.getStartedAt();
            objective = objective(started.getConfiguration());
        } else if (content instanceof StepPlanned plan && planned.add(entry.getStep())) {
            used += plan.getGroups().size();
            setAside += plan.getSetAside().size();
            if (plan.getRecipeSha256() != null) {
                evaluations.learnedFrom(plan.getRecipeSha256());
            }
        } else if (content instanceof StepApplied applied) {
            steps.putIfAbsent(
                    entry.getStep(),
                    new Point(entry.getStep(), applied.getLoss(), applied.getGradientNorm(), applied.getMetrics()));
        } else if (content instanceof RunEnded) {
            ended = true;
        }
    }

    private static String objective(String configuration) {
        try {
            JsonNode node = JSON.readTree(configuration).path("objective");
            return node.path("name").asText() + ", β " + node.path("beta").asText()
                    + (node.path("rewardScale").asDouble(1) == 1
                            ? ""
                            : ", rewards × " + node.path("rewardScale").asText());
        } catch (JsonProcessingException e) {
            return "";
        }
    }

    void add(ScoredGroup group) {
        boolean heldOut = group.getPurpose() == Purpose.EVALUATION;
        evaluations.scored(group);
        if (!heldOut) {
            sampled++;
        }
        for (GroupMember member : group.getMembers()) {
            newest.addFirst(sample(group.getPrompt(), member, heldOut));
            if (newest.size() > NEWEST) {
                newest.removeLast();
            }
        }
    }

    /** What of its own completions stands in the log. */
    void add(Completion completion) {
        evaluations.sampled(completion);
    }

    void addGivenUp(ScoredGroup group) {
        evaluations.givenUp(group);
    }

    private static double meanReward(ScoredGroup group) {
        return group.getMembers().stream()
                .mapToDouble(GroupMember::getReward)
                .average()
                .orElseThrow();
    }

    private static Sample sample(Prompt prompt, GroupMember member, boolean heldOut) {
        String text = prompt.getText() != null
                ? prompt.getText()
                : prompt.getMessages().stream()
                        .map(m -> m.getRole() + ": " + m.getContent())
                        .collect(Collectors.joining("\n"));
        Map<String, String> scores = new TreeMap<>();
        for (Score score : member.getScores()) {
            scores.put(
                    score.getScorer() + "@" + score.getScorerVersion(),
                    score.getValue() == null
                            ? score.getOutcome().name()
                            : score.getValue().toString());
        }
        return new Sample(
                text,
                member.getText(),
                member.getReward(),
                scores,
                member.getPolicyVersion(),
                heldOut,
                member.getTokenIds().size(),
                member.getSampledAt());
    }

    /** Whether it has a ledger; groups alone may be imported. */
    boolean trained() {
        return startedAt != null;
    }

    RunState state() {
        return new RunState(
                runId,
                objective,
                startedAt,
                changedAt,
                ended,
                steps.isEmpty() ? 0 : steps.lastKey(),
                steps.isEmpty() ? Map.of() : steps.lastEntry().getValue().metrics(),
                sampled,
                used,
                setAside);
    }

    RunDetail detail() {
        List<EvaluationPoint> points = evaluations.evaluations().stream()
                .map(evaluated -> new EvaluationPoint(
                        evaluated.version(),
                        evaluated.byPrompt().values().stream()
                                .mapToDouble(Double::doubleValue)
                                .average()
                                .orElse(Double.NaN),
                        evaluated.prompts()))
                .toList();
        return new RunDetail(runId, new ArrayList<>(steps.values()), points, List.copyOf(newest));
    }
}
