package io.counterflow.scorer.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.assembler.AssemblerConfig;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.assembler.AssemblerService;
import io.counterflow.scorer.decorator.ScorerSettings;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.Term;
import io.counterflow.scorer.streams.StreamsSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SharedBroker.class)
class ScoringServiceTest {

    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int SIZE = 4;

    @TempDir
    static Path folder;

    private static EmbeddedLog embedded;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<AutoCloseable> services = new ArrayList<>();
    private final List<Future<?>> running = new ArrayList<>();
    private Log log;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable service : services) {
            service.close();
        }
        for (Future<?> service : running) {
            service.get();
        }
        threads.shutdown();
        log.close();
    }

    private void open(String prefix) {
        log = new Log(new LogConfig(
                embedded.config().bootstrapServers(), embedded.config().schemaRegistryUrl(), prefix, 4, 1, Map.of()));
        log.createTopics();
    }

    private static ScorerFactory<Map<String, Object>> factory(String name, Scorer scorer) {
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

    private static Scorer lengths() {
        return batch -> batch.stream()
                .map(r -> ScoreOutcome.of(r.completion().length()))
                .toList();
    }

    private StreamsSettings streams(String instance) {
        return new StreamsSettings(
                null,
                instance,
                folder.resolve(log.config().topicPrefix() + "streams-" + instance),
                null,
                null,
                Duration.ofSeconds(6),
                null);
    }

    /** Starts an instance with these scorers and counts what it scores. */
    private AtomicLong score(String instance, Map<String, Scorer> scorers) throws Exception {
        ScorerSettings calls = new ScorerSettings(4, Duration.ZERO, 2, Duration.ofSeconds(1), 1, null, null, 0);
        AtomicLong scored = new AtomicLong();
        ScoringService service = new ScoringService(
                log,
                new ScoringConfig(
                        scorers.keySet().stream()
                                .map(name -> new ScorerConfig(name, null, null, null, calls, 16))
                                .toList(),
                        null,
                        streams(instance)),
                ScorerCatalog.of(scorers.entrySet().stream()
                        .map(e -> factory(e.getKey(), e.getValue()))
                        .toList()),
                score -> scored.incrementAndGet());
        services.add(service);
        running.add(threads.submit(() -> {
            service.run();
            return null;
        }));
        return scored;
    }

    private void write(List<Completion> completions) {
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            completions.forEach(
                    c -> producer.send(new ProducerRecord<>(log.topicName(Topic.COMPLETIONS), c.getPromptId(), c)));
        }
    }

    private <T extends SpecificRecord> List<T> read(Topic topic, Class<T> type) {
        List<T> values = new ArrayList<>();
        try (LogReader<T> reader = new LogReader<>(log, topic, type)) {
            reader.read(reader.everything(), record -> values.add(record.value()));
        }
        return values;
    }

    private List<Score> scoresBy(String scorer) {
        return read(Topic.SCORES, Score.class).stream()
                .filter(s -> s.getScorer().equals(scorer))
                .toList();
    }

    private void awaitScores(String scorer, int count) {
        await().atMost(LIMIT).until(() -> {
            assertThat(running).noneMatch(Future::isDone);
            return scoresBy(scorer).size() >= count;
        });
    }

    @Test
    void whateverAUsersScorerDoesThereAreTypedOutcomesAndTheServiceLives() throws Exception {
        open("mischief.");
        Map<String, Scorer> scorers = new LinkedHashMap<>();
        scorers.put("throws", batch -> {
            throw new IllegalStateException("no mood");
        });
        scorers.put("overflows", batch -> {
            throw new StackOverflowError();
        });
        scorers.put("blocks", batch -> {
            Thread.sleep(Duration.ofDays(1).toMillis());
            return List.of();
        });
        scorers.put(
                "not-a-number",
                batch -> batch.stream().map(r -> ScoreOutcome.of(Double.NaN)).toList());
        scorers.put("too-few", batch -> List.of());
        scorers.put("too-many", batch -> Collections.nCopies(batch.size() + 1, ScoreOutcome.of(1)));
        scorers.put("nothing", batch -> null);
        scorers.put("nulls", batch -> Collections.nCopies(batch.size(), null));
        scorers.put("works", lengths());
        score("0", scorers);
        List<Completion> completions = ScoringKilledTest.completions().subList(0, 2 * SIZE);
        write(completions);

        for (String scorer : scorers.keySet()) {
            awaitScores(scorer, completions.size());
            assertThat(scoresBy(scorer))
                    .as(scorer)
                    .hasSize(completions.size())
                    .extracting(Score::getOutcome)
                    .containsOnly(
                            scorer.equals("works")
                                    ? Outcome.SCORED
                                    : scorer.equals("blocks") ? Outcome.TIMED_OUT : Outcome.FAILED);
        }
        assertThat(scoresBy("throws").get(0).getCause()).contains("IllegalStateException: no mood");
        assertThat(scoresBy("too-few").get(0).getCause()).contains("returned 0 outcomes");
        assertThat(read(Topic.DEAD_LETTERS, DeadLetter.class)).hasSize((scorers.size() - 1) * completions.size());
        assertThat(running).noneMatch(Future::isDone);
    }

    @Test
    void aShadowAddedWhileAllRunsScoresThePastTooAndChangesNoReward() throws Exception {
        open("shadow.");
        score("0", Map.of("works", lengths()));
        Recipe recipe = new Recipe(
                "shadowed",
                List.of(Term.of("works"), new Term("next", null, null, null, null, Term.Use.SHADOW, null, null)),
                null,
                null);
        AssemblerService assembler = new AssemblerService(
                log, new AssemblerConfig(recipe, null, null, streams("0")), AssemblerListener.NONE);
        services.add(assembler);
        running.add(threads.submit(() -> {
            assembler.run();
            return null;
        }));
        List<Completion> completions = ScoringKilledTest.completions();
        write(completions.subList(0, 8 * SIZE));
        awaitGroups(8);

        score("0", Map.of("next", batch -> batch.stream()
                .map(r -> ScoreOutcome.of(-1))
                .toList()));
        write(completions.subList(8 * SIZE, 16 * SIZE));
        awaitGroups(16);
        awaitScores("next", 16 * SIZE);

        assertThat(scoresBy("next")).extracting(Score::getCompletionId).doesNotHaveDuplicates();
        assertThat(read(Topic.SCORED_GROUPS, ScoredGroup.class)).allSatisfy(group -> assertThat(group.getMembers())
                .extracting(GroupMember::getReward)
                .containsExactly(1.0, 2.0, 3.0, 4.0));
    }

    private void awaitGroups(int count) {
        await().atMost(LIMIT).until(() -> {
            assertThat(running).noneMatch(Future::isDone);
            return read(Topic.SCORED_GROUPS, ScoredGroup.class).size() >= count;
        });
    }

    @Test
    void twoInstancesShareTheWorkAndScoreEachCompletionOnce() throws Exception {
        open("shared.");
        AtomicLong first = score("0", Map.of("works", lengths()));
        List<Completion> completions = ScoringKilledTest.completions();
        write(completions.subList(0, 20 * SIZE));
        awaitScores("works", 20 * SIZE);

        AtomicLong second = score("1", Map.of("works", lengths()));
        int written = 20;
        while (second.get() == 0 && written < 240) {
            write(completions.subList(written * SIZE, (written + 5) * SIZE));
            written += 5;
            awaitScores("works", written * SIZE);
        }
        long firstBefore = first.get();
        write(completions.subList(written * SIZE, (written + 10) * SIZE));
        written += 10;
        awaitScores("works", written * SIZE);

        assertThat(second.get()).isPositive();
        assertThat(first.get()).isGreaterThan(firstBefore);
        assertThat(scoresBy("works"))
                .hasSize(written * SIZE)
                .extracting(Score::getCompletionId)
                .doesNotHaveDuplicates();
    }
}
