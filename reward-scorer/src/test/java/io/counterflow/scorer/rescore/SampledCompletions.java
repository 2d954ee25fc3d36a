package io.counterflow.scorer.rescore;

import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Sampling;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Completions of random tokens and words, as a producer would have published them long ago. */
public final class SampledCompletions {

    private static final int VOCABULARY = 384;

    private SampledCompletions() {}

    /** Publishes groups of a run and waits until they are there. */
    public static List<Completion> publish(Log log, String runId, int groups, int size, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Completion> completions = new ArrayList<>();
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            for (int group = 0; group < groups; group++) {
                for (int index = 0; index < size; index++) {
                    Completion completion = completion(runId, "prompt " + group, index, size, random);
                    completions.add(completion);
                    producer.send(new ProducerRecord<>(
                            log.topicName(Topic.COMPLETIONS), completion.getPromptId(), completion));
                }
            }
        }
        return completions;
    }

    private static Completion completion(String runId, String text, int index, int size, SplittableRandom random) {
        String promptId = Identifiers.promptId("words", "train", text);
        String groupId = Identifiers.groupId(runId, promptId, 0);
        List<Integer> tokens = tokens(random, random.nextInt(2, 10));
        return Completion.newBuilder()
                .setCompletionId(Identifiers.completionId(groupId, index))
                .setGroupId(groupId)
                .setPromptId(promptId)
                .setRunId(runId)
                .setPurpose(Purpose.TRAINING)
                .setPass(0)
                .setPosition(0)
                .setIndexInGroup(index)
                .setGroupSize(size)
                .setPrompt(Prompt.newBuilder()
                        .setPromptId(promptId)
                        .setTask("words")
                        .setSplit("train")
                        .setText(text)
                        .setCreatedAt(Instant.EPOCH)
                        .build())
                .setPromptTokenIds(tokens(random, 4))
                .setText("word ".repeat(tokens.size()).strip())
                .setTokenIds(tokens)
                .setLogProbability(-5.9 * tokens.size())
                .setTokenLogProbabilities(tokens.stream().map(t -> -5.9f).toList())
                .setPolicyVersion(0)
                .setPolicySha256("00")
                .setSampling(new Sampling(1.0, 0, 1.0, 1.0, 16, 1L))
                .setFinishReason(FinishReason.STOP)
                .setStartedAt(Instant.EPOCH)
                .setFinishedAt(Instant.EPOCH)
                .build();
    }

    private static List<Integer> tokens(SplittableRandom random, int count) {
        List<Integer> tokens = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tokens.add(random.nextInt(3, VOCABULARY));
        }
        return tokens;
    }
}
