package io.counterflow.scorer.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.assembler.AssemblerConfig;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.Term;
import io.counterflow.scorer.streams.StreamsSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeRecordsTest {

    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    @Test
    void completionsOfALongDocumentAreScoredAlsoWhereStateStoresWereMadeForSmallerRecords() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (EmbeddedLog embedded = EmbeddedLog.start(folder.resolve("kafka"));
                Log log = new Log(embedded.config())) {
            log.createTopics();
            StreamsSettings streams =
                    new StreamsSettings(null, null, folder.resolve("streams"), null, null, null, null);
            try (Admin admin = log.admin()) {
                // As an earlier version made it, with the broker's own limit of 1 MiB.
                NewTopic store = new NewTopic("counterflow-scorer-length.v1-pending-changelog", 4, (short) 1)
                        .configs(Map.of("cleanup.policy", "compact"));
                admin.createTopics(List.of(store)).all().get();
            }
            List<Completion> completions = longOnes();
            try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
                for (Completion completion : completions) {
                    producer.send(new ProducerRecord<>(
                                    log.topicName(Topic.COMPLETIONS), completion.getPromptId(), completion))
                            .get();
                }
            }
            try (ScoringService scoring = new ScoringService(
                            log,
                            new ScoringConfig(
                                    List.of(new ScorerConfig("length", null, null, null, null, null)), null, streams),
                            ScoringListener.NONE);
                    AssemblerService assembler = new AssemblerService(
                            log,
                            new AssemblerConfig(
                                    new Recipe("length", List.of(Term.of("length")), null, null), null, null, streams),
                            AssemblerListener.NONE)) {
                List<Future<?>> running = List.of(
                        threads.submit(() -> {
                            scoring.run();
                            return null;
                        }),
                        threads.submit(() -> {
                            assembler.run();
                            return null;
                        }));
                List<ScoredGroup> groups = new ArrayList<>();
                await().atMost(LIMIT).until(() -> {
                    for (Future<?> service : running) {
                        if (service.isDone()) {
                            service.get();
                        }
                    }
                    groups.clear();
                    try (LogReader<ScoredGroup> reader =
                            new LogReader<>(log, log.topicName(Topic.SCORED_GROUPS), ScoredGroup.class)) {
                        reader.read(reader.everything(), record -> groups.add(record.value()));
                    }
                    return groups.size() == 2;
                });
                assertThat(groups)
                        .allSatisfy(group -> assertThat(group.getMembers()).hasSize(ScoringKilledTest.SIZE));
                scoring.close();
                assembler.close();
                for (Future<?> service : running) {
                    service.get();
                }
            }
        } finally {
            threads.shutdown();
        }
    }

    /** Two groups; the prompt of each has a document of two million letters that cannot be compressed much. */
    private static List<Completion> longOnes() {
        SplittableRandom random = new SplittableRandom(1);
        String document = random.ints(2_000_000, '0', 'z' + 1)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return ScoringKilledTest.completions().subList(0, 2 * ScoringKilledTest.SIZE).stream()
                .map(completion -> Completion.newBuilder(completion)
                        .setPrompt(Prompt.newBuilder(completion.getPrompt())
                                .setMetadata(Map.of("document", document))
                                .build())
                        .build())
                .toList();
    }
}
