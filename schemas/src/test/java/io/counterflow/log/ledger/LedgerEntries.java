package io.counterflow.log.ledger;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Entries of ledgers for tests, and their way into a log. */
public final class LedgerEntries {

    /** What a trainer writes of its settings, as far as others read it. */
    public static final String SETTINGS = "{\"batch\":{\"groups\":4},\"objective\":{\"beta\":0.1,\"name\":\"copg\","
            + "\"rewardScale\":1.0},\"seed\":7}";

    private LedgerEntries() {}

    public static TrainingStep started(String runId, String configuration) {
        return new TrainingStep(
                runId,
                0L,
                RunStarted.newBuilder()
                        .setSourceTopic("scored-groups")
                        .setConfiguration(configuration)
                        .setConfigurationSha256("c")
                        .setInitialCheckpoint("somewhere")
                        .setInitialWeightsSha256("w")
                        .setSoftwareVersion("1")
                        .setStartedAt(Instant.EPOCH)
                        .build());
    }

    /** A batch of one group, which stands at the offset that its step is. */
    public static TrainingStep planned(String runId, long step) {
        return planned(runId, step, step);
    }

    public static TrainingStep planned(String runId, long step, long offset) {
        return new TrainingStep(
                runId,
                step,
                StepPlanned.newBuilder()
                        .setGroups(List.of(new GroupPosition(0, offset, "g" + offset)))
                        .setSetAside(List.of())
                        .setEpoch(0)
                        .setSeed(3)
                        .setLearningRate(0.1)
                        .setPlannedAt(Instant.EPOCH)
                        .build());
    }

    public static TrainingStep applied(String runId, long step) {
        return new TrainingStep(
                runId,
                step,
                StepApplied.newBuilder()
                        .setLoss(0.5)
                        .setGradientNorm(1)
                        .setMetrics(Map.of())
                        .setAppliedAt(Instant.EPOCH)
                        .build());
    }

    /** Writes entries under a key, one after the other. */
    public static void write(Log log, String key, TrainingStep... entries) throws Exception {
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            for (TrainingStep entry : entries) {
                producer.send(new ProducerRecord<>(log.topicName(Topic.TRAINING_STEPS), key, entry))
                        .get();
            }
        }
    }
}
