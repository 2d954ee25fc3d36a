package io.counterflow.scorer.redrive;

import static java.util.Objects.requireNonNull;

import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.RedriveHeader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/** The dead letters of the log. One thread at a time. */
public final class DeadLetterBox {

    private final Log log;

    /**
     * What a redrive did.
     *
     * @param sent completions that were sent round again
     * @param scoredByNow letters left alone because their completion has a score by now, or was sent already
     * @param notCompletions letters left alone because they are no completions: unreadable records, groups with too few scores
     */
    public record Summary(int sent, int scoredByNow, int notCompletions) {}

    /** The box of {@code log}. */
    public DeadLetterBox(Log log) {
        this.log = requireNonNull(log, "log is null");
    }

    /** The selected letters, oldest first. */
    public List<DeadLetter> letters(Selection selection) {
        List<DeadLetter> letters = new ArrayList<>();
        try (LogReader<DeadLetter> reader = new LogReader<>(log, Topic.DEAD_LETTERS, DeadLetter.class)) {
            reader.read(reader.everything(), record -> {
                if (selection.matches(record.value())) {
                    letters.add(record.value());
                }
            });
        }
        return letters;
    }

    /**
     * Sends the completions of the selected letters to their scorer again, all of them or none. Other scorers pass over them. A
     * group that was closed without the score stays closed.
     */
    public Summary redrive(Selection selection) {
        List<DeadLetter> letters = letters(selection);
        Set<String> done = scored();
        String completions = log.topicName(Topic.COMPLETIONS);
        Deserializer<Completion> deserializer = log.deserializer(Completion.class);
        int sent = 0;
        int scoredByNow = 0;
        int notCompletions = 0;
        try (Producer<byte[], byte[]> producer =
                log.rawProducer(Map.of("transactional.id", "redrive-" + UUID.randomUUID()))) {
            producer.initTransactions();
            producer.beginTransaction();
            for (DeadLetter letter : letters) {
                byte[] value = bytes(letter.getValue());
                Completion completion = null;
                try {
                    completion = letter.getTopic().equals(completions) && value != null
                            ? deserializer.deserialize(completions, value)
                            : null;
                } catch (SerializationException e) {
                    // Counted below, with the others that are none.
                }
                if (completion == null) {
                    notCompletions++;
                } else if (done.add(letter.getComponent() + "/" + completion.getCompletionId())) {
                    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                            completions,
                            letter.getPartition() < 0 ? null : letter.getPartition(),
                            bytes(letter.getKey()),
                            value);
                    RedriveHeader.add(record.headers(), letter.getComponent());
                    producer.send(record);
                    sent++;
                } else {
                    scoredByNow++;
                }
            }
            producer.commitTransaction();
        }
        return new Summary(sent, scoredByNow, notCompletions);
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
