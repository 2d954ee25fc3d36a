package io.counterflow.scorer.service;

import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.AsyncScorer.Timed;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** What the log says of an outcome. */
public final class ScoreRecords {

    private ScoreRecords() {}

    /** The score that an outcome is. */
    public static Score score(Completion completion, ScorerId scorer, Timed result, Instant now) {
        Score.Builder score = Score.newBuilder()
                .setCompletionId(completion.getCompletionId())
                .setGroupId(completion.getGroupId())
                .setPromptId(completion.getPromptId())
                .setRunId(completion.getRunId())
                .setScorer(scorer.name())
                .setScorerVersion(scorer.version())
                .setDurationMicros(result.duration().toNanos() / 1000)
                .setScoredAt(now);
        if (result.outcome() instanceof Scored scored) {
            score.setOutcome(Outcome.SCORED)
                    .setValue(scored.value())
                    .setComponents(scored.components())
                    .setDetails(scored.details());
        } else if (result.outcome() instanceof Failed failed) {
            score.setOutcome(Outcome.FAILED).setCause(failed.cause());
        } else if (result.outcome() instanceof TimedOut timedOut) {
            score.setOutcome(Outcome.TIMED_OUT).setCause(timedOut.cause());
        } else if (result.outcome() instanceof Rejected rejected) {
            score.setOutcome(Outcome.REJECTED).setCause(rejected.cause());
        }
        return score.build();
    }

    /** Why a score has no value, as a dead letter's cause. */
    public static String cause(Score score) {
        return score.getOutcome() + ": " + score.getCause();
    }

    /**
     * The dead letter for a record that a scorer could not score.
     *
     * @param topic where the record stands, with the log's prefix
     * @param key its key; null where it has none
     * @param value its value as it is in the log; null where it has none
     */
    public static DeadLetter deadLetter(
            ScorerId scorer,
            String topic,
            int partition,
            long offset,
            String key,
            byte[] value,
            String cause,
            Instant now) {
        return DeadLetter.newBuilder()
                .setTopic(topic)
                .setPartition(partition)
                .setOffset(offset)
                .setKey(key == null ? null : ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8)))
                .setValue(value == null ? null : ByteBuffer.wrap(value))
                .setComponent(scorer.toString())
                .setCause(cause)
                .setFailedAt(now)
                .build();
    }
}
