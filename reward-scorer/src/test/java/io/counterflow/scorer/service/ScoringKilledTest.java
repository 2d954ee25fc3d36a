package io.counterflow.scorer.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Sampling;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SharedBroker.class)
class ScoringKilledTest {

    private static final int GROUPS = 250;
    static final int SIZE = 4;
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @TempDir
    static Path folder;

    private static EmbeddedLog embedded;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
    }

    @Test
    void everyCompletionHasOneScoreAndEveryGroupIsMadeOnceHoweverOftenTheScorerIsKilled() throws Exception {
        LogConfig config = new LogConfig(
                embedded.kafka().bootstrapServers(), embedded.registry().url(), "killed.", 4, 1, Map.of());
        try (Log log = new Log(config);
                Followed<Score> scores = new Followed<>(log, Topic.SCORES, Score.class);
                Followed<ScoredGroup> groups = new Followed<>(log, Topic.SCORED_GROUPS, ScoredGroup.class)) {
            List<Completion> completions = completions();
            write(log, completions);
            for (int killAt : List.of(150, 500, Integer.MAX_VALUE)) {
                try (ScoringProcess process = ScoringProcess.start(config, folder, "0", 20)) {
                    await().atMost(LIMIT).until(() -> {
                        assertThat(process.isAlive()).as(process.output()).isTrue();
                        scores.poll();
                        groups.poll();
                        return scores.values.size() >= killAt || groups.values.size() >= GROUPS;
                    });
                }
            }
            assertThat(groups.values).hasSize(GROUPS);

            // What is written twice, and late, opens no group again.
            write(log, completions.subList(0, 2 * SIZE));
            try (ScoringProcess process = ScoringProcess.start(config, folder, "0", 1)) {
                await().atMost(LIMIT).until(() -> {
                    scores.poll();
                    groups.poll();
                    return scores.values.size() >= (GROUPS + 2) * SIZE;
                });
                // Comes after them in the same partitions, so the assembler has passed over the duplicates by then.
                List<Completion> more = moreOf(completions.subList(0, 2 * SIZE));
                write(log, more);
                await().atMost(LIMIT).until(() -> {
                    scores.poll();
                    groups.poll();
                    return groups.values.size() >= GROUPS + 2;
                });
            }
            Set<String> expected = new HashSet<>();
            completions.forEach(c -> expected.add(c.getCompletionId()));
            assertThat(scores.values).allSatisfy(s -> assertThat(s.getOutcome()).isEqualTo(Outcome.SCORED));
            assertThat(scores.values.subList(0, GROUPS * SIZE))
                    .extracting(Score::getCompletionId)
                    .containsExactlyInAnyOrderElementsOf(expected);
            assertThat(groups.values).extracting(ScoredGroup::getGroupId).doesNotHaveDuplicates();
            assertThat(groups.values).hasSize(GROUPS + 2);
            assertThat(groups.values).allSatisfy(g -> assertThat(g.getMembers()).hasSize(SIZE));
        }
    }

    /** Reads what is committed to a topic, from its beginning. */
    private static final class Followed<T extends SpecificRecord> implements AutoCloseable {
        private final Consumer<String, T> consumer;
        private final List<T> values = new ArrayList<>();

        Followed(Log log, Topic topic, Class<T> type) {
            log.createTopics();
            consumer = log.consumer(type, Map.of("auto.offset.reset", "earliest"));
            List<TopicPartition> partitions = consumer.partitionsFor(log.topicName(topic)).stream()
                    .map(p -> new TopicPartition(p.topic(), p.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
        }

        void poll() {
            for (ConsumerRecord<String, T> record : consumer.poll(Duration.ofMillis(50))) {
                values.add(record.value());
            }
        }

        @Override
        public void close() {
            consumer.close();
        }
    }

    private static void write(Log log, List<Completion> completions) throws Exception {
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (Completion completion : completions) {
                sent.add(producer.send(
                        new ProducerRecord<>(log.topicName(Topic.COMPLETIONS), completion.getPromptId(), completion)));
            }
            for (Future<RecordMetadata> future : sent) {
                future.get();
            }
        }
    }

    static List<Completion> completions() {
        List<Completion> completions = new ArrayList<>();
        for (int group = 0; group < GROUPS; group++) {
            String text = "prompt " + group;
            String promptId = Identifiers.promptId("drill", "train", text);
            for (int index = 0; index < SIZE; index++) {
                completions.add(completion(text, promptId, 0, index));
            }
        }
        return completions;
    }

    /** Another pass over the prompts of these. */
    private static List<Completion> moreOf(List<Completion> completions) {
        return completions.stream()
                .map(c -> completion(c.getPrompt().getText(), c.getPromptId(), 1, c.getIndexInGroup()))
                .toList();
    }

    private static Completion completion(String text, String promptId, long pass, int index) {
        String groupId = Identifiers.groupId("run", promptId, pass);
        return Completion.newBuilder()
                .setCompletionId(Identifiers.completionId(groupId, index))
                .setGroupId(groupId)
                .setPromptId(promptId)
                .setRunId("run")
                .setPurpose(Purpose.TRAINING)
                .setPass(pass)
                .setPosition(0)
                .setIndexInGroup(index)
                .setGroupSize(SIZE)
                .setPrompt(Prompt.newBuilder()
                        .setPromptId(promptId)
                        .setTask("drill")
                        .setSplit("train")
                        .setText(text)
                        .setCreatedAt(Instant.EPOCH)
                        .build())
                .setPromptTokenIds(List.of(1))
                .setText("x".repeat(index + 1))
                .setTokenIds(List.of(2))
                .setLogProbability(-1)
                .setTokenLogProbabilities(List.of(-1f))
                .setPolicyVersion(0)
                .setPolicySha256("00")
                .setSampling(new Sampling(1.0, 0, 1.0, 1.0, 8, 1L))
                .setFinishReason(FinishReason.STOP)
                .setStartedAt(Instant.EPOCH)
                .setFinishedAt(Instant.EPOCH)
                .build();
    }
}
