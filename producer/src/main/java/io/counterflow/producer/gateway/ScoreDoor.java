package io.counterflow.producer.gateway;

import static io.counterflow.producer.gateway.RefusedException.BAD_REQUEST;
import static io.counterflow.producer.gateway.RefusedException.CONFLICT;
import static io.counterflow.producer.gateway.RefusedException.NOT_FOUND;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * {@code POST /scores}: what somebody says of a completion that the log has, as a score of a named scorer. A value is a fact: the same one again changes nothing,
 * another one is refused. A failure makes room for what comes later.
 */
final class ScoreDoor implements Door {

    private static final List<String> FIELDS = List.of(
            "completion", "scorer", "version", "value", "outcome", "cause", "components", "details", "duration_micros");

    private final Log log;
    private final LogDesk desk;
    private final InstantSource clock;

    ScoreDoor(Log log, LogDesk desk, InstantSource clock) {
        this.log = log;
        this.desk = desk;
        this.clock = clock;
    }

    @Override
    public Reply answer(Posted posted) throws RefusedException, InterruptedException {
        Score said = read(posted);
        return desk.visit((known, writing) -> {
            Completion completion = known.completion(said.getCompletionId())
                    .orElseThrow(() -> new RefusedException(
                            NOT_FOUND, "the log has no completion '" + said.getCompletionId() + "'"));
            Score score = Score.newBuilder(said)
                    .setGroupId(completion.getGroupId())
                    .setPromptId(completion.getPromptId())
                    .setRunId(completion.getRunId())
                    .build();
            OptionalDouble there = known.value(score);
            if (there.isPresent()) {
                if (score.getValue() == null || score.getValue() != there.getAsDouble()) {
                    throw new RefusedException(
                            CONFLICT,
                            "the log has %s by %s@%s of this completion; a score stays what it is: another opinion is another version of the scorer"
                                    .formatted(there.getAsDouble(), score.getScorer(), score.getScorerVersion()));
                }
                return reply(200, score);
            }
            writing.write(List.of(new ProducerRecord<>(log.topicName(Topic.SCORES), score.getPromptId(), score)));
            return reply(201, score);
        });
    }

    private static Reply reply(int status, Score score) {
        return Reply.json(
                status,
                JsonNodeFactory.instance
                        .objectNode()
                        .put("completion", score.getCompletionId())
                        .put("group", score.getGroupId())
                        .put("run", score.getRunId())
                        .put("scorer", score.getScorer())
                        .put("version", score.getScorerVersion())
                        .put("written", status == 201));
    }

    /** The score, without what its completion tells. */
    private Score read(Posted posted) throws RefusedException {
        Fields fields = new Fields(posted.body(), FIELDS);
        fields.requireNoMore();
        Outcome outcome = outcome(fields);
        Optional<Double> value = fields.number("value");
        Optional<String> cause = fields.text("cause");
        if (outcome == Outcome.SCORED && (value.isEmpty() || cause.isPresent())) {
            throw new RefusedException(
                    BAD_REQUEST,
                    value.isEmpty()
                            ? "'value' is missing; where there is none, 'outcome' is failed, timed_out or rejected, and 'cause' says why"
                            : "'cause' says why there is no value, and there is one");
        }
        if (outcome != Outcome.SCORED && (value.isPresent() || cause.isEmpty())) {
            throw new RefusedException(
                    BAD_REQUEST,
                    value.isPresent()
                            ? "'outcome' is " + outcome.name().toLowerCase(Locale.ROOT) + ", and there is a value"
                            : "'cause' is missing: why there is no value");
        }
        return Score.newBuilder()
                .setCompletionId(fields.requiredText("completion"))
                .setGroupId("")
                .setPromptId("")
                .setRunId("")
                .setScorer(matching(
                        fields.requiredText("scorer"),
                        "[a-z0-9][a-z0-9-]{0,99}",
                        "'scorer' is a name of lower-case letters, digits and hyphens, e.g. thumbs"))
                .setScorerVersion(matching(
                        fields.text("version").orElse("1"),
                        "[A-Za-z0-9][A-Za-z0-9.-]{0,99}",
                        "'version' is a text of letters, digits, dots and hyphens, e.g. 1 or 2024-05"))
                .setOutcome(outcome)
                .setValue(value.orElse(null))
                .setCause(cause.orElse(null))
                .setComponents(fields.numbers("components"))
                .setDetails(fields.texts("details"))
                .setDurationMicros(fields.wholeNumber("duration_micros", 0, 0, Integer.MAX_VALUE))
                .setScoredAt(clock.instant())
                .build();
    }

    private static Outcome outcome(Fields fields) throws RefusedException {
        String name = fields.text("outcome").orElse("scored");
        return switch (name) {
            case "scored" -> Outcome.SCORED;
            case "failed" -> Outcome.FAILED;
            case "timed_out" -> Outcome.TIMED_OUT;
            case "rejected" -> Outcome.REJECTED;
            default ->
                throw new RefusedException(
                        BAD_REQUEST, "'outcome' is '" + name + "'; it is scored, failed, timed_out or rejected");
        };
    }

    private static String matching(String text, String pattern, String fault) throws RefusedException {
        if (!text.matches(pattern)) {
            throw new RefusedException(BAD_REQUEST, fault + ", not '" + text + "'");
        }
        return text;
    }
}
