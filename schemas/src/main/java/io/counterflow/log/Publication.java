package io.counterflow.log;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * Records written to a topic outside of any transaction: after {@link #finish} all of them are in the log. A refused one is never passed over, as it
 * is where nobody asks what became of it. Closing without {@link #finish} leaves the rest to luck. One thread.
 */
public final class Publication implements AutoCloseable {

    /** Many small records go together. */
    private static final int LINGER_MILLIS = 20;

    private final String topic;
    private final Producer<String, SpecificRecord> producer;
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    public Publication(Log log, Topic topic) {
        this.topic = log.topicName(Objects.requireNonNull(topic, "topic"));
        this.producer = log.producer(Map.of("linger.ms", LINGER_MILLIS));
    }

    /**
     * One more.
     *
     * @throws LogException where this one, or an earlier one, was refused
     */
    public void add(String key, SpecificRecord value) {
        throwIfAny();
        try {
            var unused = producer.send(new ProducerRecord<>(topic, key, value), (metadata, e) -> {
                if (e != null) {
                    failure.compareAndSet(null, e);
                }
            });
        } catch (KafkaException e) {
            throw refused(e);
        }
    }

    /**
     * Waits until all are in the log.
     *
     * @throws LogException where one was refused
     */
    public void finish() {
        try {
            producer.flush();
        } catch (KafkaException e) {
            throw refused(e);
        }
        throwIfAny();
    }

    private void throwIfAny() {
        if (failure.get() != null) {
            throw refused(failure.get());
        }
    }

    private LogException refused(Exception e) {
        return new LogException("cannot write to " + topic + ": " + e.getMessage(), e);
    }

    @Override
    public void close() {
        producer.close();
    }
}
