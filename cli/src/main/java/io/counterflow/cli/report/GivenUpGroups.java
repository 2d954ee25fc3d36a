package io.counterflow.cli.report;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.ScoredGroup;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/** Reads the groups that an assembler gave up out of their dead letters. One thread. */
public final class GivenUpGroups {

    private static final String ASSEMBLER = "assembler/";

    private final String topic;
    private final Deserializer<ScoredGroup> deserializer;

    /** @param log stays the caller's */
    public GivenUpGroups(Log log) {
        this.topic = log.topicName(Topic.SCORED_GROUPS);
        this.deserializer = log.deserializer(ScoredGroup.class);
    }

    /** The group of a letter; empty where it is about something else. */
    public Optional<ScoredGroup> of(DeadLetter letter) {
        ByteBuffer value = letter.getValue();
        if (!letter.getComponent().startsWith(ASSEMBLER) || value == null) {
            return Optional.empty();
        }
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        try {
            return Optional.of(deserializer.deserialize(topic, bytes));
        } catch (SerializationException e) {
            return Optional.empty();
        }
    }
}
