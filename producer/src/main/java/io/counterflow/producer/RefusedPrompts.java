package io.counterflow.producer;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.DeadLetter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Makes dead letters of prompts that cannot be sampled, one for each, restarts and other runs included. One thread. */
final class RefusedPrompts {

    static final String COMPONENT = "producer";

    private final Log log;
    private final InstantSource clock;
    private Set<LogPosition> known;

    RefusedPrompts(Log log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    /** The letter for a prompt that stands there, unless there is one already. */
    Optional<ProducerRecord<String, SpecificRecord>> letter(int partition, long offset, String cause) {
        return isKnown(partition, offset) ? Optional.empty() : letter(original(partition, offset), cause);
    }

    /** The letter for a record that is no prompt, unless there is one already. */
    Optional<ProducerRecord<String, SpecificRecord>> letter(ConsumerRecord<byte[], byte[]> original, String cause) {
        if (isKnown(original.partition(), original.offset())) {
            return Optional.empty();
        }
        known.add(new LogPosition(original.partition(), original.offset()));
        DeadLetter letter = DeadLetter.newBuilder()
                .setTopic(original.topic())
                .setPartition(original.partition())
                .setOffset(original.offset())
                .setKey(original.key() == null ? null : ByteBuffer.wrap(original.key()))
                .setValue(original.value() == null ? null : ByteBuffer.wrap(original.value()))
                .setComponent(COMPONENT)
                .setCause(cause)
                .setFailedAt(clock.instant())
                .build();
        String key = original.key() == null ? null : new String(original.key(), StandardCharsets.UTF_8);
        return Optional.of(new ProducerRecord<>(log.topicName(Topic.DEAD_LETTERS), key, letter));
    }

    /** Reads again which letters there are, because some were not written. */
    void forget() {
        known = null;
    }

    private boolean isKnown(int partition, long offset) {
        if (known == null) {
            known = new HashSet<>();
            String prompts = log.topicName(Topic.PROMPTS);
            try (LogReader<DeadLetter> reader = new LogReader<>(log, Topic.DEAD_LETTERS, DeadLetter.class)) {
                reader.read(reader.committed(), record -> {
                    DeadLetter letter = record.value();
                    if (letter.getComponent().equals(COMPONENT)
                            && letter.getTopic().equals(prompts)) {
                        known.add(new LogPosition(letter.getPartition(), letter.getOffset()));
                    }
                });
            }
        }
        return known.contains(new LogPosition(partition, offset));
    }

    private ConsumerRecord<byte[], byte[]> original(int partition, long offset) {
        TopicPartition where = new TopicPartition(log.topicName(Topic.PROMPTS), partition);
        try (Consumer<byte[], byte[]> consumer = log.rawConsumer(Map.of("max.poll.records", 1))) {
            consumer.assign(List.of(where));
            consumer.seek(where, offset);
            while (consumer.position(where) <= offset) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    if (record.offset() == offset) {
                        return record;
                    }
                }
            }
        }
        throw new LogException("offset " + offset + " of " + where + " is gone; was retention set on the prompts?");
    }
}
