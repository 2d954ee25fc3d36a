package io.counterflow.log.transfer;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Writes records to the end of a topic, or to the very positions they had. Offsets between records belonged to marks of
 * transactions and to aborted records; they are filled with the like, which no reader of committed records sees: one
 * offset by the mark of a committed transaction, more by an aborted one. One thread.
 */
final class PositionedWriter implements AutoCloseable {

    /** Records of one aborted transaction that fills a gap; a larger gap takes several. */
    private static final long FILL = 100_000;

    /** Records without a gap are one transaction, however many; brokers allow no longer one by default. */
    private static final int TRANSACTION_MILLIS = 900_000;

    private final Log log;
    private final String topic;
    private final Producer<String, SpecificRecord> producer;
    private final boolean keep;
    private final Admin admin;
    private final Map<Integer, Long> ends = new HashMap<>();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private long count;
    private boolean open;
    private int openPartition;

    private PositionedWriter(Log log, String topic, boolean keep) {
        this.log = log;
        this.topic = topic;
        this.keep = keep;
        this.admin = log.admin();
        this.producer = log.producer(
                keep
                        ? Map.of(
                                "transactional.id",
                                "import-" + topic + "-" + UUID.randomUUID(),
                                "transaction.timeout.ms",
                                TRANSACTION_MILLIS)
                        : Map.of());
    }

    static PositionedWriter appending(Log log, String topic) {
        return new PositionedWriter(log, topic, false);
    }

    static PositionedWriter keeping(Log log, String topic) {
        PositionedWriter writer = new PositionedWriter(log, topic, true);
        try {
            writer.producer.initTransactions();
            writer.readEnds();
        } catch (RuntimeException e) {
            writer.close();
            throw e;
        }
        return writer;
    }

    void write(TransferredRecord record, SpecificRecord value) {
        try {
            if (!keep) {
                send(new ProducerRecord<>(topic, null, record.timestamp(), record.key(), value));
            } else {
                goTo(record);
                send(new ProducerRecord<>(topic, record.partition(), record.timestamp(), record.key(), value));
                ends.merge(record.partition(), 1L, Long::sum);
            }
            count++;
        } catch (KafkaException e) {
            throw refused(e);
        }
    }

    /** How many records were written; all of them are in the log now. */
    long finish() {
        try {
            if (keep) {
                commit();
            } else {
                producer.flush();
            }
            throwIfAny();
            return count;
        } catch (KafkaException e) {
            throw refused(e);
        }
    }

    private LogException refused(KafkaException e) {
        return new LogException("cannot write to " + topic + " after " + count + " records: " + e.getMessage(), e);
    }

    private void send(ProducerRecord<String, SpecificRecord> record) {
        throwIfAny();
        var unused = producer.send(record, (metadata, e) -> {
            if (e != null) {
                failure.compareAndSet(null, e);
            }
        });
    }

    private void throwIfAny() {
        Exception e = failure.get();
        if (e != null) {
            throw new KafkaException(e.getMessage(), e);
        }
    }

    /** Makes the record's offset the next one of its partition, in an open transaction. */
    private void goTo(TransferredRecord record) {
        int partition = record.partition();
        if (open && openPartition != partition) {
            commit();
        }
        Long end = ends.get(partition);
        if (end == null || end > record.offset()) {
            throw new LogException("partition " + partition + " of " + topic
                    + (end == null ? " is not there" : " goes on at offset " + end + " already")
                    + ", so offset " + record.offset() + " cannot be kept; import into a topic that is empty and has as"
                    + " many partitions, or append");
        }
        long gap = record.offset() - end;
        if (gap == 1 && open) {
            commit();
        } else if (gap > 0) {
            fill(partition, gap);
        }
        if (!open) {
            producer.beginTransaction();
            open = true;
            openPartition = partition;
        }
    }

    private void fill(int partition, long gap) {
        long left = gap;
        if (open) {
            commit();
            left--;
        }
        while (left > 0) {
            if (left == 1) {
                throw new LogException("partition " + partition + " of " + topic + ": the one offset before "
                        + (ends.get(partition) + 1) + " cannot be filled; append instead");
            }
            // Neither one offset alone nor the last one but one may be left over.
            long now = Math.min(left, FILL);
            now = left - now == 1 ? now - 1 : now;
            producer.beginTransaction();
            for (long i = 0; i < now - 1; i++) {
                send(new ProducerRecord<>(topic, partition, null, null));
            }
            producer.flush();
            producer.abortTransaction();
            ends.merge(partition, now, Long::sum);
            awaitEnd(partition);
            left -= now;
        }
    }

    private void commit() {
        if (open) {
            producer.commitTransaction();
            throwIfAny();
            open = false;
            ends.merge(openPartition, 1L, Long::sum);
            awaitEnd(openPartition);
        }
    }

    /** The mark of a transaction is written a moment after it is decided. */
    private void awaitEnd(int partition) {
        long expected = ends.get(partition);
        try {
            for (long end = end(partition); end != expected; end = end(partition)) {
                if (end > expected) {
                    throw new LogException("somebody else writes to partition " + partition + " of " + topic
                            + "; stop that before importing with the positions kept");
                }
                Thread.sleep(2);
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private long end(int partition) throws InterruptedException {
        TopicPartition where = new TopicPartition(topic, partition);
        try {
            return admin.listOffsets(Map.of(where, OffsetSpec.latest()))
                    .partitionResult(where)
                    .get()
                    .offset();
        } catch (ExecutionException e) {
            throw new LogException(
                    "cannot tell where " + where + " ends: " + e.getCause().getMessage(), e.getCause());
        }
    }

    private void readEnds() {
        try {
            List<Integer> partitions =
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().stream()
                            .map(p -> p.partition())
                            .collect(Collectors.toList());
            for (int partition : partitions) {
                ends.put(partition, end(partition));
            }
        } catch (ExecutionException e) {
            throw new LogException(
                    "cannot import into " + topic + " at " + log.config().bootstrapServers() + ": "
                            + e.getCause().getMessage(),
                    e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    @Override
    public void close() {
        producer.close();
        admin.close();
    }
}
