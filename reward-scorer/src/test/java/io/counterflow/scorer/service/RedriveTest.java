package io.counterflow.scorer.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.deadletters.DeadLetters;
import io.counterflow.log.deadletters.LetterFilter;
import io.counterflow.log.deadletters.RedrivePlan;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.decorator.ScorerSettings;
import io.counterflow.scorer.streams.StreamsSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedriveTest {

    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    /** Scorers whose ways a test sets: one that is broken until it is mended, one that hangs for ever, one that works. */
    private static final class Ways {
        private volatile boolean broken = true;

        private ScorerFactory<Map<String, Object>> factory(String name, Scorer scorer) {
            return new ScorerFactory<>() {
                @Override
                public String name() {
                    return name;
                }

                @Override
                @SuppressWarnings("unchecked")
                public Class<Map<String, Object>> configuration() {
                    return (Class<Map<String, Object>>) (Class<?>) Map.class;
                }

                @Override
                public Scorer create(Map<String, Object> configuration) {
                    return scorer;
                }
            };
        }

        ScorerCatalog catalog() {
            return ScorerCatalog.of(List.of(
                    factory("broken", batch -> batch.stream()
                            .map(r -> broken ? new Failed("out of order") : ScoreOutcome.of(1))
                            .toList()),
                    factory("hanging", batch -> {
                        Thread.sleep(Duration.ofDays(1).toMillis());
                        return List.of();
                    }),
                    factory(
                            "working",
                            batch -> batch.stream().map(r -> ScoreOutcome.of(2)).toList())));
        }
    }

    private static ScorerConfig config(String kind) {
        ScorerSettings calls = new ScorerSettings(8, Duration.ZERO, null, Duration.ofHours(1), 1, null, null, 0);
        return new ScorerConfig(kind, null, null, null, calls, null);
    }

    @Test
    void aMendedScorerGetsWhatItFailedOnAndNobodyElseDoes() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        Ways ways = new Ways();
        try (EmbeddedLog embedded = EmbeddedLog.start(folder.resolve("kafka"));
                Log log = new Log(embedded.config())) {
            StreamsSettings streams =
                    new StreamsSettings(null, null, folder.resolve("streams"), null, null, Duration.ofSeconds(6), null);
            ScoringConfig config =
                    new ScoringConfig(List.of(config("broken"), config("hanging"), config("working")), null, streams);
            ScoringService service = new ScoringService(log, config, ways.catalog(), ScoringListener.NONE);
            Future<?> running = threads.submit(() -> {
                service.run();
                return null;
            });
            List<Completion> completions = ScoringKilledTest.completions().subList(0, 8);
            log.createTopics();
            try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
                completions.forEach(
                        c -> producer.send(new ProducerRecord<>(log.topicName(Topic.COMPLETIONS), c.getPromptId(), c)));
            }
            // The scorer that hangs holds up neither of the others.
            await().atMost(LIMIT).until(() -> {
                assertThat(running.isDone()).isFalse();
                return scores(log).size() == 16;
            });
            DeadLetters letters = new DeadLetters(log, InstantSource.system());
            LetterFilter broken = LetterFilter.waiting().ofComponent("broken@1");
            assertThat(letters.list(LetterFilter.waiting()))
                    .hasSize(8)
                    .extracting(l -> l.content().getCause())
                    .containsOnly("FAILED: out of order");
            assertThat(letters.list(LetterFilter.waiting().ofComponent("working")))
                    .isEmpty();

            ways.broken = false;
            assertThat(letters.redrive(broken).send()).hasSize(8);
            await().atMost(LIMIT).until(() -> scores(log).size() == 24);
            assertThat(scores(log).subList(0, 24))
                    .filteredOn(s -> s.getScorer().equals("working"))
                    .hasSize(8);
            assertThat(scores(log))
                    .filteredOn(s -> s.getScorer().equals("broken") && s.getOutcome() == Outcome.SCORED)
                    .hasSize(8);
            RedrivePlan again = letters.redrive(broken.withRedriven());
            assertThat(again.send()).isEmpty();
            assertThat(again.scored()).hasSize(8);

            service.close();
            running.get();
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<Score> scores(Log log) {
        List<Score> scores = new ArrayList<>();
        try (LogReader<Score> reader = new LogReader<>(log, Topic.SCORES, Score.class)) {
            reader.read(reader.everything(), record -> scores.add(record.value()));
        }
        return scores;
    }
}
