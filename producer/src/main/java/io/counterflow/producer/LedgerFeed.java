package io.counterflow.producer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.log.Log;
import io.counterflow.log.ReadableRecords;
import io.counterflow.log.ReadableRecords.Missing;
import io.counterflow.log.Topic;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.SetAside;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/** The groups that the trainer of a run has used or passed over, and how far it is, from its ledger. One thread. */
final class LedgerFeed implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String runId;
    private final Consumer<String, TrainingStep> consumer;
    private final ReadableRecords<TrainingStep> readable;
    private final TopicPartition partition;
    private final long begin;
    private long newestStep;
    private int groupsInStep;

    /** @param since nothing of the run is older than this */
    LedgerFeed(Log log, String runId, Instant since) {
        this.runId = runId;
        this.partition = new TopicPartition(log.topicName(Topic.TRAINING_STEPS), 0);
        this.consumer = log.consumer(TrainingStep.class, Map.of());
        this.readable = new ReadableRecords<>(consumer, Missing.UNREADABLE);
        consumer.assign(List.of(partition));
        OffsetAndTimestamp from = consumer.offsetsForTimes(Map.of(partition, since.toEpochMilli()))
                .get(partition);
        this.begin = from == null ? end() : from.offset();
        consumer.seek(partition, begin);
    }

    private long end() {
        return consumer.endOffsets(List.of(partition)).get(partition);
    }

    /** Hands over the groups of every step once more, up to where the ledger is committed now. */
    void replay(java.util.function.Consumer<String> group) {
        consumer.seek(partition, begin);
        long end = end();
        while (consumer.position(partition) < end) {
            poll(Duration.ofMillis(100), group);
        }
    }

    /** Hands over the groups of the steps that have arrived. */
    void poll(java.util.function.Consumer<String> group) {
        poll(Duration.ZERO, group);
    }

    private void poll(Duration timeout, java.util.function.Consumer<String> group) {
        for (ConsumerRecord<String, TrainingStep> record : readable.poll(timeout)) {
            if (!runId.equals(record.key())) {
                continue;
            }
            if (record.value().getEntry() instanceof RunStarted started) {
                groupsInStep = groupsInStep(started);
            } else if (record.value().getEntry() instanceof StepPlanned step) {
                newestStep = Math.max(newestStep, record.value().getStep());
                groupsInStep = Math.max(groupsInStep, step.getGroups().size());
                step.getGroups().forEach(g -> group.accept(g.getGroupId()));
                for (SetAside passedOver : step.getSetAside()) {
                    group.accept(passedOver.getPosition().getGroupId());
                }
            }
        }
    }

    /** Groups in a step, as the run's first entry says; 0 where it cannot be read. */
    private static int groupsInStep(RunStarted started) {
        try {
            return JSON.readTree(started.getConfiguration())
                    .path("batch")
                    .path("groups")
                    .asInt();
        } catch (JsonProcessingException e) {
            return 0;
        }
    }

    /** The newest step that was decided; 0 where none was. */
    long newestStep() {
        return newestStep;
    }

    /** Groups that a step takes; 0 before the run has begun. */
    int groupsInStep() {
        return groupsInStep;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
