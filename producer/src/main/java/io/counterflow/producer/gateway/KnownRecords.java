package io.counterflow.producer.gateway;

import io.counterflow.log.Log;
import io.counterflow.log.LogPosition;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Origin;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;

/**
 * Which completions and scores the log has: where each completion stands, and what each scorer said. Takes some 300 bytes of memory for a completion with a
 * score. Not thread-safe: whoever writes what it does not have holds a lock around both.
 */
final class KnownRecords implements AutoCloseable {

    private final Followed<Completion> completions;
    private final Followed<Score> scores;
    private final Map<String, LogPosition> places = new HashMap<>();
    private final Map<String, LogPosition> groups = new HashMap<>();
    private final Set<String> sampledRuns = new HashSet<>();
    private final Map<String, Double> values = new HashMap<>();

    KnownRecords(Log log, Duration patience) {
        completions = new Followed<>(log, Topic.COMPLETIONS, Completion.class, patience);
        scores = new Followed<>(log, Topic.SCORES, Score.class, patience);
    }

    /** Reads what was committed since the last time. */
    void catchUp() {
        completions.catchUp(record -> take(record.value(), new LogPosition(record.partition(), record.offset())));
        scores.catchUp(record -> take(record.value()));
    }

    /** What was written here is known at once; the brokers show it a moment later. */
    void wrote(SpecificRecord record, LogPosition position) {
        if (record instanceof Completion completion) {
            take(completion, position);
        } else if (record instanceof Score score) {
            take(score);
        }
    }

    private void take(Completion completion, LogPosition position) {
        places.putIfAbsent(completion.getCompletionId(), position);
        groups.putIfAbsent(completion.getGroupId(), position);
        // Before there was an origin, what was imported had no policy.
        if (completion.getOrigin() == Origin.SAMPLED && completion.getPolicyVersion() >= 0) {
            sampledRuns.add(completion.getRunId());
        }
    }

    private void take(Score score) {
        if (score.getOutcome() == Outcome.SCORED) {
            values.putIfAbsent(key(score), score.getValue());
        }
    }

    /** A completion that the log has. */
    Optional<Completion> completion(String completionId) {
        return Optional.ofNullable(places.get(completionId)).flatMap(completions::at);
    }

    /** The first completion of a group that the log has. */
    Optional<Completion> firstOfGroup(String groupId) {
        return Optional.ofNullable(groups.get(groupId)).flatMap(completions::at);
    }

    /** Whether a producer samples a run. */
    boolean isSampled(String runId) {
        return sampledRuns.contains(runId);
    }

    /** The value that the log has of the score's completion, by its scorer in its version. */
    OptionalDouble value(Score score) {
        Double value = values.get(key(score));
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private static String key(Score score) {
        return score.getCompletionId() + "/" + score.getScorer() + "@" + score.getScorerVersion();
    }

    @Override
    public void close() {
        completions.close();
        scores.close();
    }
}
