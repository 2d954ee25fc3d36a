package io.counterflow.scorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.decorator.ScorerSettings;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the page of {@code io.counterflow.scorer.api} promises to the author of a scorer, by its numbers there. */
@Timeout(120)
class ScorerContractTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    /** Makes scorers that note what happens to them. */
    private static final class NotingFactory implements ScorerFactory<NotingFactory.None> {

        record None() {}

        private final List<String> notes = new CopyOnWriteArrayList<>();

        @Override
        public String name() {
            return "noting";
        }

        @Override
        public Class<None> configuration() {
            return None.class;
        }

        @Override
        public Scorer create(None configuration) {
            notes.add("create on " + Thread.currentThread().getName());
            return new Scorer() {
                private int scored;

                @Override
                public List<ScoreOutcome> score(List<ScoreRequest> batch) {
                    scored += batch.size();
                    return batch.stream()
                            .map(request -> ScoreOutcome.of(scored))
                            .toList();
                }

                @Override
                public void close() {
                    notes.add("close after " + scored);
                }
            };
        }
    }

    private static ScorerSettings settings(int maxBatch, int concurrency, int attempts, int cacheSize) {
        return new ScorerSettings(
                maxBatch, Duration.ofMillis(1), concurrency, null, attempts, Duration.ZERO, Duration.ZERO, cacheSize);
    }

    private static ScoreRequest request(String id, String completion) {
        return new ScoreRequest(id, "prompt", completion, Map.of());
    }

    private static List<ScoreRequest> requests(int n) {
        List<ScoreRequest> requests = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            requests.add(request("id-" + i, "completion " + i));
        }
        return requests;
    }

    /** The outcomes of requests that are sent one by one, as the scoring service sends them. */
    private static List<ScoreOutcome> sent(AsyncScorer scorer, List<ScoreRequest> requests) {
        List<CompletableFuture<AsyncScorer.Timed>> all =
                requests.stream().map(scorer::score).toList();
        return all.stream().map(future -> future.join().outcome()).toList();
    }

    @Test
    void number1And7And8AScorerIsMadeOnceByTheThreadThatStartsKeepsWhatItHoldsAndIsClosedOnceAtTheEnd()
            throws Exception {
        NotingFactory factory = new NotingFactory();
        ScorerCatalog catalog = ScorerCatalog.of(List.of(factory));
        String here = "create on " + Thread.currentThread().getName();

        catalog.check("noting", Map.of());
        assertThat(factory.notes).containsExactly(here, "close after 0");

        factory.notes.clear();
        AsyncScorer scorer = settings(4, 1, 1, 0).start(catalog.create("noting", Map.of()), LONG);
        sent(scorer, requests(10));
        sent(scorer, requests(10));
        scorer.close();
        assertThat(factory.notes).containsExactly(here, "close after 20");
    }

    @Test
    void number2And3NoMoreCallsRunThanTheSettingSaysEachOnAThreadOfItsOwnWithNoMoreThanABatch() throws Exception {
        for (int concurrency : new int[] {1, 3}) {
            AtomicInteger running = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            List<Thread> threads = new CopyOnWriteArrayList<>();
            List<Integer> sizes = new CopyOnWriteArrayList<>();
            CountDownLatch together = new CountDownLatch(concurrency);
            Scorer scorer = batch -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                threads.add(Thread.currentThread());
                sizes.add(batch.size());
                together.countDown();
                // Whoever is allowed to run at the same time does.
                together.await();
                running.decrementAndGet();
                return batch.stream().map(request -> ScoreOutcome.of(0)).toList();
            };
            try (AsyncScorer started = settings(4, concurrency, 1, 0).start(scorer, LONG)) {
                sent(started, requests(60));
            }
            assertThat(most).hasValue(concurrency);
            assertThat(sizes).allMatch(size -> size >= 1 && size <= 4);
            assertThat(threads).doesNotHaveDuplicates();
        }
    }

    @Test
    void number4WhateverAScorerDoesEachRequestHasAnOutcome() throws Exception {
        List<Scorer> faulty = List.of(
                batch -> null,
                batch -> List.of(),
                batch -> Arrays.asList(new ScoreOutcome[batch.size()]),
                batch -> batch.stream().map(r -> ScoreOutcome.of(Double.NaN)).toList(),
                batch -> {
                    throw new StackOverflowError();
                });
        for (Scorer scorer : faulty) {
            try (AsyncScorer started = settings(4, 1, 1, 0).start(scorer, LONG)) {
                assertThat(sent(started, requests(6))).hasSize(6).allMatch(Failed.class::isInstance);
            }
        }
    }

    @Test
    void number5ACallBeyondItsLimitIsInterruptedAndItsAnswerIsThrownAway() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        Scorer slow = batch -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
            return batch.stream().map(request -> ScoreOutcome.of(1)).toList();
        };
        try (AsyncScorer started = settings(4, 1, 1, 0).start(slow, Duration.ofMillis(300))) {
            assertThat(sent(started, requests(2))).allMatch(TimedOut.class::isInstance);
        }
        interrupted.await();
    }

    @Test
    void number6WhatFailedIsSentAgainAndWhatWasSaidIsRememberedByContent() throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        Scorer scorer = batch -> batch.stream()
                .map(request -> {
                    seen.add(request.completion());
                    return switch (request.completion()) {
                        case "fails" -> new Failed("not now");
                        case "late" -> new TimedOut("not in time");
                        case "never" -> new Rejected("never");
                        default -> ScoreOutcome.of(1);
                    };
                })
                .toList();
        try (AsyncScorer started = settings(1, 1, 3, 100).start(scorer, LONG)) {
            for (String round : List.of("first", "second")) {
                sent(
                        started,
                        List.of(
                                request(round + "-1", "fails"),
                                request(round + "-2", "late"),
                                request(round + "-3", "never"),
                                request(round + "-4", "scored")));
            }
        }
        UnaryOperator<String> times =
                text -> text + " " + seen.stream().filter(text::equals).count();
        assertThat(List.of("fails", "late", "never", "scored").stream().map(times))
                .containsExactly("fails 6", "late 6", "never 1", "scored 1");
    }

    @Test
    void number8ACallUnderWayIsInterruptedWhenScoringStopsAndNoneFollows() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        List<String> notes = new CopyOnWriteArrayList<>();
        Scorer scorer = new Scorer() {
            @Override
            public List<ScoreOutcome> score(List<ScoreRequest> batch) throws Exception {
                notes.add("score");
                begun.countDown();
                new CountDownLatch(1).await();
                return List.of();
            }

            @Override
            public void close() {
                notes.add("close");
                throw new IllegalStateException("odd");
            }
        };
        AsyncScorer started = settings(1, 1, 1, 0).start(scorer, LONG);
        List<CompletableFuture<AsyncScorer.Timed>> asked =
                requests(3).stream().map(started::score).toList();
        begun.await();
        assertThatThrownBy(started::close).hasMessageContaining("what it scored stands");
        assertThat(asked).allMatch(CompletableFuture::isDone);
        assertThat(notes).containsExactly("score", "close");
    }

    /**
     * {@code shout-0.1.jar} was compiled against version 0.1 of the interface, with {@code javac --release 17}, from the source in
     * {@link PluginTest}; it is not to be compiled again.
     */
    @Test
    void number9AJarCompiledAgainstAnEarlierVersionRuns(@TempDir Path folder) throws Exception {
        try (InputStream jar = getClass().getResourceAsStream("/plugins/shout-0.1.jar")) {
            Files.copy(jar, folder.resolve("shout-0.1.jar"));
        }
        ScorerCatalog catalog = ScorerCatalog.with(folder);
        catalog.check("shout", Map.of("loud", 3));
        try (Scorer scorer = catalog.create("shout", Map.of("loud", 3))) {
            assertThat(scorer.score(List.of(request("1", "LOUD"), request("2", "quiet"))))
                    .containsExactly(ScoreOutcome.of(3), ScoreOutcome.of(0));
        }
    }
}
