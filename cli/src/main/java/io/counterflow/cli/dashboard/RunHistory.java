package io.counterflow.cli.dashboard;

import io.counterflow.cli.dashboard.LogState.EvaluationPoint;
import io.counterflow.cli.dashboard.LogState.Point;
import io.counterflow.cli.dashboard.LogState.RunDetail;
import io.counterflow.cli.dashboard.LogState.RunState;
import io.counterflow.cli.dashboard.LogState.Sample;
import io.counterflow.cli.report.EvaluationTally;
import io.counterflow.log.ledger.LedgerException;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.log.ledger.RunSettings;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** One run as its ledger and its groups tell it. Not thread-safe. */
final class RunHistory {

    private static final int NEWEST = 24;

    private final String runId;
    private final RunLedger ledger;
    private final TreeMap<Long, Point> steps = new TreeMap<>();
    private final EvaluationTally<Double> evaluations = new EvaluationTally<>(RunHistory::meanReward);
    private final Deque<Sample> newest = new ArrayDeque<>();
    private String objective = "";
    private Instant changedAt = Instant.EPOCH;
    private String fault = "";
    private boolean contradicted;
    private long sampled;
    private long used;
    private long setAside;

    RunHistory(String runId) {
        this.runId = runId;
        this.ledger = new RunLedger(runId);
    }

    /** Takes in a record of its ledger; one that contradicts what was before it is shown as that, and ends the story. */
    void add(ConsumerRecord<String, TrainingStep> record) {
        changedAt = Instant.ofEpochMilli(record.timestamp());
        if (contradicted || !runId.equals(record.key())) {
            return;
        }
        TrainingStep entry = record.value();
        try {
            if (ledger.fold(entry, record.offset())) {
                tell(entry.getStep(), entry.getEntry());
            }
        } catch (LedgerException e) {
            contradicted = true;
            fault = e.getMessage();
        }
    }

    private void tell(long step, Object content) {
        if (content instanceof RunStarted started) {
            tell(started);
        } else if (content instanceof StepPlanned plan) {
            used += plan.getGroups().size();
            setAside += plan.getSetAside().size();
            if (plan.getRecipeSha256() != null) {
                evaluations.learnedFrom(plan.getRecipeSha256());
            }
        } else if (content instanceof StepApplied applied) {
            steps.put(step, new Point(step, applied.getLoss(), applied.getGradientNorm(), applied.getMetrics()));
        }
    }

    private void tell(RunStarted started) {
        try {
            RunSettings settings = RunSettings.of(runId, started);
            objective = settings.objective() + ", β " + settings.beta()
                    + (settings.rewardScale() == 1 ? "" : ", rewards × " + settings.rewardScale());
        } catch (LedgerException e) {
            fault = e.getMessage();
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
        return ledger.started().isPresent();
    }

    /** Of a run that was trained. */
    RunState state() {
        return new RunState(
                runId,
                objective,
                ledger.started().orElseThrow().getStartedAt(),
                changedAt,
                ledger.ended().isPresent(),
                fault,
                ledger.lastApplied(),
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
