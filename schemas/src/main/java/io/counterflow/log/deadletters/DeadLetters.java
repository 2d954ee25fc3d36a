package io.counterflow.log.deadletters;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.log.RedriveHeader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;

/**
 * The dead letters of a log. Sending one round again writes the original's bytes once more to the end of the original's
 * partition, marked for the component that could not process it, and a note into the dead letters, in one transaction: so none
 * goes round twice by accident, and nobody else processes it twice. Thread-safe; of two redrives at the same time the one that
 * began first sends nothing and fails.
 */
public final class DeadLetters {

    /** Component of the notes. */
    static final String REDRIVE = "redrive";

    private final Log log;
    private final InstantSource clock;

    public DeadLetters(Log log, InstantSource clock) {
        this.log = Objects.requireNonNull(log, "log");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /** The letters that the filter accepts, oldest first. */
    public List<Letter> list(LetterFilter filter) {
        record Found(LogPosition position, String key, DeadLetter content) {}
        List<Found> found = new ArrayList<>();
        Set<LogPosition> redriven = new HashSet<>();
        String own = log.topicName(Topic.DEAD_LETTERS);
        try (LogReader<DeadLetter> reader = new LogReader<>(log, Topic.DEAD_LETTERS, DeadLetter.class)) {
            reader.read(reader.everything(), record -> {
                DeadLetter letter = record.value();
                if (letter.getComponent().equals(REDRIVE) && letter.getTopic().equals(own)) {
                    redriven.add(new LogPosition(letter.getPartition(), letter.getOffset()));
                } else if (filter.accepts(letter)) {
                    found.add(new Found(new LogPosition(record.partition(), record.offset()), record.key(), letter));
                }
            });
        }
        return found.stream()
                .map(f -> new Letter(f.position(), f.key(), f.content(), redriven.contains(f.position())))
                .filter(filter::accepts)
                .toList();
    }

    /** The completion that a letter is about; empty where it is about something else, or cannot be read. */
    public Optional<Completion> completion(Letter letter) {
        String completions = log.topicName(Topic.COMPLETIONS);
        byte[] value = bytes(letter.content().getValue());
        if (value == null || !letter.content().getTopic().equals(completions)) {
            return Optional.empty();
        }
        try {
            return Optional.of(log.deserializer(Completion.class).deserialize(completions, value));
        } catch (SerializationException e) {
            return Optional.empty();
        }
    }

    /** What {@link #redrive} would do now. */
    public RedrivePlan plan(LetterFilter filter) {
        List<Letter> send = new ArrayList<>();
        List<Letter> settled = new ArrayList<>();
        List<Letter> withoutOriginal = new ArrayList<>();
        List<Letter> letters = list(filter);
        Set<String> scored = letters.isEmpty() ? Set.of() : scored();
        for (Letter letter : letters) {
            Optional<String> call =
                    completion(letter).map(c -> letter.content().getComponent() + "/" + c.getCompletionId());
            if (letter.content().getPartition() < 0) {
                withoutOriginal.add(letter);
            } else if (call.isPresent() && !scored.add(call.get())) {
                settled.add(letter);
            } else {
                send.add(letter);
            }
        }
        return new RedrivePlan(send, settled, withoutOriginal);
    }

    /**
     * Sends the letters that the filter accepts round again, all of them or none. A completion goes to the scorer that failed on
     * it; other scorers pass over it, and a group that was closed without the score stays closed.
     *
     * @return what was done
     * @throws LogException when the log cannot be written; none was sent then
     */
    public RedrivePlan redrive(LetterFilter filter) {
        String own = log.topicName(Topic.DEAD_LETTERS);
        Serializer<DeadLetter> notes = log.serializer();
        try (Producer<byte[], byte[]> producer =
                log.rawProducer(Map.of("transactional.id", log.config().topicPrefix() + REDRIVE))) {
            // Before the letters are read: from here on no other redrive can commit.
            producer.initTransactions();
            RedrivePlan plan = plan(filter);
            producer.beginTransaction();
            for (Letter letter : plan.send()) {
                DeadLetter content = letter.content();
                ProducerRecord<byte[], byte[]> again = new ProducerRecord<>(
                        content.getTopic(), content.getPartition(), bytes(content.getKey()), bytes(content.getValue()));
                RedriveHeader.add(again.headers(), content.getComponent());
                send(producer, again);
                send(producer, note(letter, own, notes));
            }
            for (Letter letter : plan.scored()) {
                send(producer, note(letter, own, notes));
            }
            producer.commitTransaction();
            return plan;
        } catch (KafkaException e) {
            throw new LogException("cannot send dead letters round again, none was sent: " + e.getMessage(), e);
        }
    }

    private static void send(Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
        var unused = producer.send(record); // the transaction fails with it
    }

    private ProducerRecord<byte[], byte[]> note(Letter letter, String own, Serializer<DeadLetter> notes) {
        byte[] key = letter.key() == null ? null : letter.key().getBytes(StandardCharsets.UTF_8);
        DeadLetter note = DeadLetter.newBuilder()
                .setTopic(own)
                .setPartition(letter.position().partition())
                .setOffset(letter.position().offset())
                .setComponent(REDRIVE)
                .setCause("sent round again, or scored since")
                .setFailedAt(clock.instant())
                .build();
        return new ProducerRecord<>(own, key, notes.serialize(own, note));
    }

    /** What has a score, as {@code scorer@version/completionId}. */
    private Set<String> scored() {
        Set<String> scored = new HashSet<>();
        try (LogReader<Score> reader = new LogReader<>(log, Topic.SCORES, Score.class)) {
            reader.read(reader.everything(), record -> {
                Score score = record.value();
                if (score.getOutcome() == Outcome.SCORED) {
                    scored.add(score.getScorer() + "@" + score.getScorerVersion() + "/" + score.getCompletionId());
                }
            });
        }
        return scored;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
