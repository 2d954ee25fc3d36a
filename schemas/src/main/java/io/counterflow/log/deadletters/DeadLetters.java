package io.counterflow.log.deadletters;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.DeadLetter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.Serializer;

/**
 * The dead letters of a log. Sending one round again writes the original's bytes once more to the end of the original's
 * partition, and a note into the dead letters, in one transaction: so none goes round twice by accident. Thread-safe,
 * but two redrives at the same time may both send a letter.
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
                } else {
                    found.add(new Found(new LogPosition(record.partition(), record.offset()), record.key(), letter));
                }
            });
        }
        return found.stream()
                .map(f -> new Letter(f.position(), f.key(), f.content(), redriven.contains(f.position())))
                .filter(filter::accepts)
                .toList();
    }

    /**
     * Sends the letters that the filter accepts round again. Whoever reads their topics sees them as new records; a
     * record whose identifier counts already changes nothing.
     *
     * @return the letters that were sent
     * @throws LogException when the log cannot be written; none was sent then
     */
    public List<Letter> redrive(LetterFilter filter) {
        List<Letter> letters = list(filter);
        if (letters.isEmpty()) {
            return letters;
        }
        String own = log.topicName(Topic.DEAD_LETTERS);
        Serializer<DeadLetter> notes = log.serializer();
        try (Producer<byte[], byte[]> producer =
                log.rawProducer(Map.of("transactional.id", log.config().topicPrefix() + REDRIVE))) {
            producer.initTransactions();
            producer.beginTransaction();
            for (Letter letter : letters) {
                DeadLetter content = letter.content();
                producer.send(new ProducerRecord<>(
                        content.getTopic(),
                        content.getPartition(),
                        bytes(content.getKey()),
                        bytes(content.getValue())));
                byte[] key = letter.key() == null ? null : letter.key().getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(own, key, notes.serialize(own, note(letter))));
            }
            producer.commitTransaction();
            return letters;
        } catch (KafkaException e) {
            throw new LogException("cannot send " + letters.size() + " dead letters round again: " + e.getMessage(), e);
        }
    }

    private DeadLetter note(Letter letter) {
        return DeadLetter.newBuilder()
                .setTopic(log.topicName(Topic.DEAD_LETTERS))
                .setPartition(letter.position().partition())
                .setOffset(letter.position().offset())
                .setComponent(REDRIVE)
                .setCause("sent round again")
                .setFailedAt(clock.instant())
                .build();
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
