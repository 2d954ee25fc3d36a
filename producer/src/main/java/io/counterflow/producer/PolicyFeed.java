package io.counterflow.producer;

import io.counterflow.log.Log;
import io.counterflow.log.ReadableRecords;
import io.counterflow.log.ReadableRecords.Missing;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.schemas.PolicyVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** The policy versions that a run has published, the one it began with among them. One thread. */
final class PolicyFeed implements AutoCloseable {

    private final String runId;
    private final Consumer<String, PolicyVersion> consumer;
    private final ReadableRecords<PolicyVersion> readable;
    private final TopicPartition partition;
    private final TreeMap<Long, PolicyVersion> versions = new TreeMap<>();
    private Instant since;

    PolicyFeed(Log log, String runId) {
        this.runId = runId;
        this.partition = new TopicPartition(log.topicName(Topic.POLICIES), 0);
        this.consumer = log.consumer(PolicyVersion.class, Map.of());
        this.readable = new ReadableRecords<>(consumer, Missing.LEFT_OUT);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).get(partition);
        while (consumer.position(partition) < end) {
            poll(Duration.ofMillis(100));
        }
        if (!versions.isEmpty() && !versions.containsKey(0L)) {
            findBeginning(log);
        }
    }

    /** The topic is compacted: where its first version is gone, the ledger has what it was. */
    private void findBeginning(Log log) {
        new LedgerReader(log).read(runId).started().ifPresent(started -> {
            versions.put(
                    0L,
                    PolicyVersion.newBuilder()
                            .setRunId(runId)
                            .setVersion(0)
                            .setLocation(Path.of(started.getInitialCheckpoint())
                                    .toUri()
                                    .toString())
                            .setWeightsSha256(started.getInitialWeightsSha256())
                            .setEvaluate(true)
                            .setLast(false)
                            .setPublishedAt(started.getStartedAt())
                            .build());
            since = started.getStartedAt();
        });
    }

    /** Takes in what has arrived. */
    void poll() {
        poll(Duration.ZERO);
    }

    private void poll(Duration timeout) {
        for (ConsumerRecord<String, PolicyVersion> record : readable.poll(timeout)) {
            if (record.value().getRunId().equals(runId)) {
                versions.put(record.value().getVersion(), record.value());
                if (since == null) {
                    since = Instant.ofEpochMilli(record.timestamp());
                }
            }
        }
    }

    Optional<PolicyVersion> newest() {
        return versions.isEmpty()
                ? Optional.empty()
                : Optional.of(versions.lastEntry().getValue());
    }

    /** Versions that ask for an evaluation, in ascending order. */
    List<PolicyVersion> toEvaluate() {
        return versions.values().stream().filter(PolicyVersion::getEvaluate).toList();
    }

    /** Whether the run has published its last version. */
    boolean ended() {
        return newest().map(PolicyVersion::getLast).orElse(false);
    }

    /** When the earliest version that is still in the log was written; earlier ones may be compacted away. */
    Optional<Instant> since() {
        return Optional.ofNullable(since);
    }

    /** Whether nothing of the run can be older than {@link #since}. */
    boolean knowsItsBeginning() {
        return versions.containsKey(0L);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
