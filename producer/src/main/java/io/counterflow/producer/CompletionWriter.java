package io.counterflow.producer;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApplicationRecoverableException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes records so that all of a call's are in the log, or none. A transaction fails when its partitions have gone to
 * another instance meanwhile, or a second producer with the same name has started. One thread.
 */
final class CompletionWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CompletionWriter.class);

    private static final int ATTEMPTS = 5;

    private final String name;
    private final Producer<String, SpecificRecord> producer;

    /** Ends whatever transaction an earlier producer of this name has left open. */
    CompletionWriter(Log log, String transactionalId) {
        this.name = transactionalId;
        this.producer = log.producer(
                Map.of("transactional.id", transactionalId, "linger.ms", 0, "transaction.timeout.ms", 60_000));
        producer.initTransactions();
    }

    /**
     * Writes the records in one transaction.
     *
     * @return false when the partitions belong to another instance by now, and nothing was written
     * @throws LogException when another producer of this name has started, or the brokers refuse for good
     */
    boolean write(
            List<ProducerRecord<String, SpecificRecord>> records,
            Map<TopicPartition, OffsetAndMetadata> positions,
            ConsumerGroupMetadata membership) {
        for (int attempt = 1; ; attempt++) {
            try {
                producer.beginTransaction();
                for (ProducerRecord<String, SpecificRecord> record : records) {
                    var unused = producer.send(record); // the transaction fails with it
                }
                producer.flush();
                producer.sendOffsetsToTransaction(positions, membership);
                producer.commitTransaction();
                return true;
            } catch (CommitFailedException | RebalanceInProgressException e) {
                LOG.info("partitions went to another producer of the run; what was sampled for them is dropped");
                producer.abortTransaction();
                return false;
            } catch (InterruptException e) {
                throw e;
            } catch (KafkaException e) {
                if (attempt == ATTEMPTS || e instanceof ApplicationRecoverableException || isFenced(e)) {
                    throw givenUp(records.size(), e);
                }
                LOG.warn("a transaction failed and is tried again: {}", e.getMessage());
                try {
                    producer.abortTransaction();
                } catch (KafkaException alsoFailed) {
                    // The reason may be known only now: a fenced producer can fail with anything first.
                    throw givenUp(records.size(), alsoFailed);
                }
            }
        }
    }

    private LogException givenUp(int records, KafkaException cause) {
        return isFenced(cause)
                ? new LogException(
                        "another producer named " + name + " has started and goes on from here; give every producer of"
                                + " a run its own producer.instance",
                        cause)
                : new LogException(
                        "cannot write " + records + " records to the log: " + cause.getMessage()
                                + "; nothing of them is in it, start the producer again to go on",
                        cause);
    }

    private static boolean isFenced(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof ProducerFencedException
                    || t instanceof InvalidProducerEpochException
                    || t instanceof FencedInstanceIdException) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
