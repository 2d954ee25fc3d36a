package io.counterflow.cli.dashboard;

import io.counterflow.cli.report.HeldOutPrompts;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * What the dashboard shows of the log.
 *
 * @param at when it was put together
 * @param records committed records read so far, by topic
 * @param waiting records that wait for each consumer group, by group and topic
 * @param deadLetters by component and cause (numbers left out)
 * @param runs by the time they began, newest first
 * @param failure why the log could not be read last time; null where it could
 */
record LogState(
        Instant at,
        SortedMap<String, Long> records,
        List<Waiting> waiting,
        SortedMap<String, Long> deadLetters,
        List<RunState> runs,
        String failure) {

    /** So many records of a topic that a consumer group has not come to. */
    record Waiting(String group, String topic, long records) {}

    /**
     * A run in one line.
     *
     * @param runId the run
     * @param objective its loss and beta
     * @param startedAt when its ledger begins
     * @param changedAt when its ledger was last written to
     * @param ended whether it has ended
     * @param fault why its ledger, or a part of it, cannot be shown; empty where all of it is
     * @param step optimizer steps applied
     * @param metrics of the newest step
     * @param sampled groups of its own in the log, for training
     * @param used groups learned from, repetitions counted
     * @param setAside groups passed over
     */
    record RunState(
            String runId,
            String objective,
            Instant startedAt,
            Instant changedAt,
            boolean ended,
            String fault,
            long step,
            Map<String, Double> metrics,
            long sampled,
            long used,
            long setAside) {}

    /**
     * A run's curves and newest completions.
     *
     * @param steps applied steps, in order
     * @param evaluations on held-out prompts, by policy version
     * @param newest completions, newest first
     */
    record RunDetail(String runId, List<Point> steps, List<EvaluationPoint> evaluations, List<Sample> newest) {}

    /**
     * One evaluation.
     *
     * @param reward mean over prompts of the mean reward of a prompt's completions; not a number where none is scored
     */
    record EvaluationPoint(long version, double reward, HeldOutPrompts prompts) {}

    /** One step. */
    record Point(long step, double loss, double gradientNorm, Map<String, Double> metrics) {}

    /**
     * One completion with all that was said of it.
     *
     * @param scores by scorer: the value, or the outcome in words
     */
    record Sample(
            String prompt,
            String text,
            double reward,
            Map<String, String> scores,
            long policyVersion,
            boolean heldOut,
            int tokens,
            Instant sampledAt) {}
}
