package io.counterflow.producer.gateway;

import io.counterflow.log.Log;
import io.counterflow.log.LogPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * Writes records whole or not at all, and returns when the brokers have acknowledged them. Each writer has a transactional id of its own, so gateways do not
 * shut each other out; a transaction that one leaves open, killed, ends by itself after {@code patience}. Not thread-safe.
 */
final class AcknowledgedWriter implements AutoCloseable {

    private final Log log;
    private final Map<String, Object> settings;
    private Optional<Producer<String, SpecificRecord>> open = Optional.empty();

    AcknowledgedWriter(Log log, Duration patience) {
        this.log = log;
        int millis = (int) patience.toMillis();
        this.settings = Map.of(
                "transactional.id",
                log.config().topicPrefix() + "gateway-" + UUID.randomUUID(),
                "transaction.timeout.ms",
                millis,
                "delivery.timeout.ms",
                millis,
                "max.block.ms",
                millis,
                "request.timeout.ms",
                Math.max(1, millis / 2),
                "linger.ms",
                0);
    }

    /**
     * Writes records.
     *
     * @return where each stands
     * @throws RefusedException where they are not acknowledged
     */
    List<LogPosition> write(List<ProducerRecord<String, SpecificRecord>> records)
            throws RefusedException, InterruptedException {
        boolean committing = false;
        try {
            Producer<String, SpecificRecord> producer = producer();
            producer.beginTransaction();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (ProducerRecord<String, SpecificRecord> record : records) {
                sent.add(producer.send(record));
            }
            List<LogPosition> positions = new ArrayList<>();
            for (Future<RecordMetadata> one : sent) {
                positions.add(new LogPosition(one.get().partition(), one.get().offset()));
            }
            committing = true;
            producer.commitTransaction();
            return positions;
        } catch (ExecutionException e) {
            discard();
            throw refused(e.getCause(), committing);
        } catch (KafkaException e) {
            discard();
            throw refused(e, committing);
        }
    }

    private Producer<String, SpecificRecord> producer() {
        if (open.isEmpty()) {
            open = Optional.of(log.producer(settings));
            open.get().initTransactions();
        }
        return open.get();
    }

    /** The next producer of the same transactional id ends what this one has begun. */
    private void discard() {
        open.ifPresent(producer -> producer.close(Duration.ZERO));
        open = Optional.empty();
    }

    private static RefusedException refused(Throwable failure, boolean committing) {
        if (failure instanceof RecordTooLargeException) {
            return new RefusedException(
                    RefusedException.TOO_LARGE,
                    "larger than the " + Log.MAX_RECORD_BYTES + " bytes that a record may have");
        }
        return new RefusedException(
                RefusedException.UNAVAILABLE,
                (committing
                                ? "the log has not acknowledged in time; whether it has the record is unknown: "
                                : "not written, the log does not take it: ")
                        + failure.getMessage()
                        + "; send it again, it counts once");
    }

    @Override
    public void close() {
        open.ifPresent(producer -> producer.close(Duration.ofSeconds(1)));
    }
}
