package io.counterflow.scorer;

import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.registry.InMemorySchemaRegistry;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Sampling;
import io.counterflow.schemas.Score;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;

/** Records to test with, and topics of a topology without a broker. */
public final class Samples {

    public static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

    private Samples() {}

    public static Log logWithoutBroker() {
        return new Log(LogConfig.of("nowhere:1", "http://nowhere"), new InMemorySchemaRegistry());
    }

    public static Properties properties(String application, java.nio.file.Path state) {
        Properties properties = new Properties();
        properties.put("application.id", application);
        properties.put("bootstrap.servers", "nowhere:1");
        properties.put("state.dir", state.toString());
        return properties;
    }

    public static <T extends SpecificRecord> TestInputTopic<String, T> input(
            TopologyTestDriver driver, Log log, String topic) {
        return driver.createInputTopic(topic, new StringSerializer(), log.<T>serializer());
    }

    public static <T extends SpecificRecord> TestOutputTopic<String, T> output(
            TopologyTestDriver driver, Log log, String topic, Class<T> type) {
        return driver.createOutputTopic(topic, new StringDeserializer(), log.deserializer(type));
    }

    /** Completion {@code index} of a group of {@code size} for a prompt named {@code prompt}. */
    public static Completion completion(String prompt, int index, int size, Purpose purpose) {
        String promptId = Identifiers.promptId("programs", "train", prompt);
        String groupId = Identifiers.groupId("run", promptId, 0);
        return Completion.newBuilder()
                .setCompletionId(Identifiers.completionId(groupId, index))
                .setGroupId(groupId)
                .setPromptId(promptId)
                .setRunId("run")
                .setPurpose(purpose)
                .setPass(0)
                .setPosition(0)
                .setIndexInGroup(index)
                .setGroupSize(size)
                .setPrompt(Prompt.newBuilder()
                        .setPromptId(promptId)
                        .setTask("programs")
                        .setSplit("train")
                        .setText(prompt)
                        .setMessages(null)
                        .setMetadata(Map.of("tests", "none"))
                        .setCreatedAt(START)
                        .build())
                .setPromptTokenIds(List.of(1, 2, 3))
                .setText(prompt + " completed " + index)
                .setTokenIds(List.of(4, 5))
                .setLogProbability(-1.5)
                .setTokenLogProbabilities(List.of(-1f, -0.5f))
                .setPolicyVersion(7)
                .setPolicySha256("00")
                .setSampling(Sampling.newBuilder()
                        .setTemperature(1)
                        .setTopK(0)
                        .setTopP(1)
                        .setRepetitionPenalty(1)
                        .setMaxTokens(16)
                        .setSeed(42)
                        .build())
                .setFinishReason(FinishReason.STOP)
                .setStartedAt(START)
                .setFinishedAt(START)
                .build();
    }

    public static Completion completion(String prompt, int index, int size) {
        return completion(prompt, index, size, Purpose.TRAINING);
    }

    public static Score score(Completion completion, String scorer, Double value) {
        return Score.newBuilder()
                .setCompletionId(completion.getCompletionId())
                .setGroupId(completion.getGroupId())
                .setPromptId(completion.getPromptId())
                .setRunId(completion.getRunId())
                .setScorer(scorer)
                .setScorerVersion("1")
                .setOutcome(value == null ? Outcome.FAILED : Outcome.SCORED)
                .setValue(value)
                .setCause(value == null ? "out of order" : null)
                .setDurationMicros(10)
                .setScoredAt(START)
                .build();
    }
}
