package io.counterflow.log;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/** What is written behind open transactions, and whose they are. Thread-safe. */
final class OpenTransactions implements AutoCloseable {

    private final Admin admin;

    OpenTransactions(Log log) {
        this.admin = log.admin();
    }

    /**
     * Where the partitions end, with what is not committed.
     *
     * @throws LogException when the brokers cannot say
     */
    Map<TopicPartition, Long> ends(List<TopicPartition> partitions) {
        try {
            Map<TopicPartition, Long> ends = new HashMap<>();
            admin.listOffsets(
                            partitions.stream().collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest())),
                            new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                    .all()
                    .get()
                    .forEach((partition, info) -> ends.put(partition, info.offset()));
            return ends;
        } catch (ExecutionException e) {
            throw new LogException(
                    "cannot tell where " + partitions.get(0).topic() + " ends: "
                            + e.getCause().getMessage(),
                    e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** The parts from {@code committed} to {@code ends}, by partition, with whose transaction it is where that can be found out. */
    List<HiddenRecords> between(Map<TopicPartition, Long> committed, Map<TopicPartition, Long> ends) {
        List<HiddenRecords> hidden = new ArrayList<>();
        committed.keySet().stream()
                .filter(p -> committed.get(p) < ends.getOrDefault(p, 0L))
                .sorted(Comparator.comparingInt(TopicPartition::partition))
                .forEach(p -> hidden.add(described(p, committed.get(p), ends.get(p))));
        return hidden;
    }

    private HiddenRecords described(TopicPartition partition, long from, long until) {
        Optional<String> id = Optional.empty();
        Optional<Instant> since = Optional.empty();
        try {
            Optional<ProducerState> holder =
                    admin
                            .describeProducers(List.of(partition))
                            .partitionResult(partition)
                            .get()
                            .activeProducers()
                            .stream()
                            .filter(p -> p.currentTransactionStartOffset().orElse(Long.MAX_VALUE) <= from)
                            .findFirst();
            if (holder.isPresent()) {
                long producer = holder.get().producerId();
                id = admin
                        .listTransactions(new ListTransactionsOptions().filterProducerIds(Set.of(producer)))
                        .all()
                        .get()
                        .stream()
                        .filter(t -> t.producerId() == producer)
                        .map(TransactionListing::transactionalId)
                        .findFirst();
                since = Optional.of(Instant.ofEpochMilli(holder.get().lastTimestamp()));
            }
            if (id.isPresent()) {
                TransactionDescription description = admin.describeTransactions(List.of(id.get()))
                        .description(id.get())
                        .get();
                if (description.transactionStartTimeMs().isPresent()) {
                    since = Optional.of(Instant.ofEpochMilli(
                            description.transactionStartTimeMs().getAsLong()));
                }
            }
        } catch (ExecutionException e) {
            // A broker that is too old, or does not let everybody ask: that there is a transaction is known all the
            // same.
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
        return new HiddenRecords(partition.topic(), partition.partition(), from, until, id, since);
    }

    @Override
    public void close() {
        admin.close();
    }
}
