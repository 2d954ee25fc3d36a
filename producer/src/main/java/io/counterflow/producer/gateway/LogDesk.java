package io.counterflow.producer.gateway;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogPosition;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/** Where one request after the other sees what the log has, and writes what it has not. Thread-safe. */
final class LogDesk implements AutoCloseable {

    private final KnownRecords known;
    private final AcknowledgedWriter writer;
    private final Duration patience;
    private final ReentrantLock turn = new ReentrantLock(true);

    /** What is to be written, seen what is there. */
    interface Visit<T> {
        T make(KnownRecords known, Writing writing) throws RefusedException, InterruptedException;
    }

    /** Writes records whole or not at all, acknowledged. */
    interface Writing {
        void write(List<ProducerRecord<String, SpecificRecord>> records) throws RefusedException, InterruptedException;
    }

    LogDesk(Log log, Duration patience) {
        this.known = new KnownRecords(log, patience);
        this.writer = new AcknowledgedWriter(log, patience);
        this.patience = patience;
    }

    /**
     * Reads what the log has.
     *
     * @throws LogException where it cannot be read
     */
    void open() {
        try {
            known.catchUp();
        } catch (KafkaException e) {
            throw new LogException("the log cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Makes a visit, alone, when all that is committed is known.
     *
     * @throws RefusedException where the log does not answer, or those before take too long
     */
    <T> T visit(Visit<T> visit) throws RefusedException, InterruptedException {
        if (!turn.tryLock(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new RefusedException(
                    RefusedException.UNAVAILABLE,
                    "not written, others wait for the log since " + patience + "; send it again");
        }
        try {
            known.catchUp();
            return visit.make(known, records -> {
                List<LogPosition> positions = writer.write(records);
                for (int i = 0; i < positions.size(); i++) {
                    known.wrote(records.get(i).value(), positions.get(i));
                }
            });
        } catch (KafkaException e) {
            throw new RefusedException(
                    RefusedException.UNAVAILABLE,
                    "not written, the log cannot be read: " + e.getMessage() + "; send it again when it answers");
        } finally {
            turn.unlock();
        }
    }

    @Override
    public void close() {
        known.close();
        writer.close();
    }
}
