package io.counterflow.trainer.ledger;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerException;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.TrainingStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a run's ledger, and the policies that it announces, in transactions.
 *
 * <p>There is one writer of a run: opening one ends every transaction of an earlier one and keeps it from beginning
 * another (KIP-98, transactional id {@code trainer-<run id>}). What an open writer reads afterwards is therefore final.
 * Not thread-safe.
 */
public final class LedgerWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LedgerWriter.class);

    /** A broker that restarts within this time goes unnoticed. */
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(60);

    private static final int ATTEMPTS = 5;

    private final String runId;
    private final String stepsTopic;
    private final String policiesTopic;
    private final Producer<String, SpecificRecord> producer;

    /** Opens the ledger for writing; any other trainer of this run is shut out from here on. */
    public LedgerWriter(Log log, String runId) {
        this.runId = runId;
        this.stepsTopic = log.topicName(Topic.TRAINING_STEPS);
        this.policiesTopic = log.topicName(Topic.POLICIES);
        this.producer = log.producer(Map.of(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                "trainer-" + runId,
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                (int) TRANSACTION_TIMEOUT.toMillis(),
                ProducerConfig.LINGER_MS_CONFIG,
                0,
                // The broker closes a transaction a moment after it has confirmed it, and the next is told to try
                // again.
                ProducerConfig.RETRY_BACKOFF_MS_CONFIG,
                10,
                ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG,
                200));
        try {
            producer.initTransactions();
        } catch (RuntimeException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
    }

    /**
     * Writes entries and policies in one transaction: all of them are there when it returns, or none when it throws.
     *
     * @return where the entries stand in the topic
     * @throws RunTakenOverException when another writer of this run was opened
     * @throws LedgerException when the broker cannot be reached
     */
    public List<Long> append(List<TrainingStep> entries, List<PolicyVersion> policies) {
        for (int attempt = 1; ; attempt++) {
            try {
                return transaction(entries, policies);
            } catch (ProducerFencedException | InvalidProducerEpochException e) {
                throw new RunTakenOverException(runId, e);
            } catch (KafkaException e) {
                if (attempt == ATTEMPTS) {
                    throw new LedgerException(
                            "the ledger of run " + runId + " cannot be written: " + e.getMessage(), e);
                }
                LOG.atWarn()
                        .addKeyValue("run", runId)
                        .addKeyValue("attempt", attempt)
                        .addKeyValue("cause", e.getMessage())
                        .log("writing to the ledger failed; trying again");
                abort(e);
            }
        }
    }

    private List<Long> transaction(List<TrainingStep> entries, List<PolicyVersion> policies) {
        producer.beginTransaction();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (TrainingStep entry : entries) {
            sent.add(producer.send(new ProducerRecord<>(stepsTopic, runId, entry)));
        }
        for (PolicyVersion policy : policies) {
            var unused =
                    producer.send(new ProducerRecord<>(policiesTopic, runId, policy)); // the transaction fails with it
        }
        commit();
        List<Long> offsets = new ArrayList<>();
        for (Future<RecordMetadata> future : sent) {
            offsets.add(offset(future));
        }
        return offsets;
    }

    /** Committing again after a time-out is safe, and the only way to learn how the first attempt ended. */
    private void commit() {
        for (int attempt = 1; ; attempt++) {
            try {
                producer.commitTransaction();
                return;
            } catch (TimeoutException e) {
                if (attempt == ATTEMPTS) {
                    throw new LedgerException(
                            "the ledger of run " + runId + " was not confirmed by the broker in time; start the trainer"
                                    + " again when the broker is back",
                            e);
                }
            }
        }
    }

    private void abort(KafkaException cause) {
        try {
            producer.abortTransaction();
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            throw new RunTakenOverException(runId, e);
        } catch (KafkaException | IllegalStateException e) {
            cause.addSuppressed(e);
            throw new LedgerException(
                    "the ledger of run " + runId + " cannot be written: " + cause.getMessage(), cause);
        }
    }

    private static long offset(Future<RecordMetadata> future) {
        try {
            return future.get().offset();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LedgerException("interrupted while the ledger was written", e);
        } catch (ExecutionException e) {
            throw new LedgerException(
                    "the ledger was not written: " + e.getCause().getMessage(), e.getCause());
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(10));
    }
}
