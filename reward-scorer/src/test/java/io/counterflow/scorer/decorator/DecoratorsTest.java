package io.counterflow.scorer.decorator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.AsyncScorer.Timed;
import io.counterflow.scorer.api.PluginException;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import io.counterflow.scorer.api.Scorer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DecoratorsTest {

    private static ScoreRequest request(String completion) {
        return new ScoreRequest("id of " + completion, "prompt", completion, Map.of());
    }

    private static List<ScoreRequest> requests(String... completions) {
        return java.util.Arrays.stream(completions).map(DecoratorsTest::request).toList();
    }

    @Test
    void whateverAScorerDoesEachRequestHasAnOutcome() throws Exception {
        List<ScoreRequest> two = requests("a", "b");
        assertThat(CheckedScorer.wrap(batch -> List.of(ScoreOutcome.of(1))).score(two))
                .hasSize(2)
                .containsOnly(new Failed(
                        "the scorer returned 1 outcomes for a batch of 2; it must return one for each request,"
                                + " in order"));
        assertThat(CheckedScorer.wrap(batch -> null).score(two))
                .containsOnly(new Failed("the scorer returned null for a batch of 2"));
        assertThat(CheckedScorer.wrap(batch -> {
                            throw new IllegalStateException("no\n  luck");
                        })
                        .score(two))
                .hasSize(2)
                .containsOnly(new Failed("the scorer threw IllegalStateException: no | luck"));
        assertThat(CheckedScorer.wrap(batch -> {
                            throw new NoClassDefFoundError("gone");
                        })
                        .score(two))
                .containsOnly(new Failed("the scorer threw NoClassDefFoundError: gone"));
        assertThat(CheckedScorer.wrap(batch -> java.util.Arrays.asList(ScoreOutcome.of(1), null))
                        .score(two))
                .containsExactly(ScoreOutcome.of(1), new Failed("the scorer returned null for this completion"));
    }

    @Test
    void aScorerThatCannotBeClosedSaysSoInOneLine() {
        Scorer closes = new Scorer() {
            @Override
            public List<ScoreOutcome> score(List<ScoreRequest> batch) {
                return List.of();
            }

            @Override
            public void close() {
                throw new IllegalStateException("still\nbusy");
            }
        };
        assertThatThrownBy(() -> CheckedScorer.wrap(closes).close())
                .isInstanceOf(PluginException.class)
                .hasMessage("the scorer cannot be closed; what it scored stands: IllegalStateException: still | busy");
    }

    @Test
    void aNumberThatIsNotFiniteIsAFailure() {
        assertThat(ScoreOutcome.of(Double.NaN)).isEqualTo(new Failed("score NaN is not finite"));
        assertThat(ScoreOutcome.of(1, Map.of("part", Double.POSITIVE_INFINITY), Map.of()))
                .isEqualTo(new Failed("component part of the score is Infinity, not finite"));
    }

    @Test
    void aScorerThatHangsTimesOutAndIsRefusedWhileTooManyCallsHang() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Scorer deaf = batch -> {
            for (; ; ) {
                try {
                    never.await();
                    return CheckedScorer.all(batch.size(), ScoreOutcome.of(0));
                } catch (InterruptedException e) {
                    // Deaf: it goes on hanging.
                }
            }
        };
        Scorer limited = TimeLimitedScorer.wrap(deaf, Duration.ofMillis(5));
        assertThat(limited.score(requests("a")))
                .containsExactly(new TimedOut("no answer within PT0.005S for a batch of 1"));
        // A call that was given up before its thread came to run does not hang.
        org.awaitility.Awaitility.await()
                .until(() -> limited.score(requests("a")).get(0) instanceof Failed failed
                        && failed.cause().startsWith("16 earlier calls of the scorer still hang"));
        never.countDown();
        org.awaitility.Awaitility.await()
                .until(() -> limited.score(requests("a")).get(0) instanceof Scored);
    }

    @Test
    void onlyWhatFailedIsTriedAgainWithGrowingPauses() throws Exception {
        List<List<String>> calls = new ArrayList<>();
        List<Duration> pauses = new ArrayList<>();
        Scorer flaky = batch -> {
            calls.add(batch.stream().map(ScoreRequest::completion).toList());
            return batch.stream()
                    .<ScoreOutcome>map(r -> switch (r.completion()) {
                        case "good" -> ScoreOutcome.of(1);
                        case "never" -> new Rejected("never");
                        case "second" -> calls.size() < 2 ? new Failed("first") : ScoreOutcome.of(2);
                        default -> new TimedOut("call " + calls.size());
                    })
                    .toList();
        };
        Scorer patient = RetryingScorer.wrap(flaky, 4, Duration.ofSeconds(2), Duration.ofSeconds(5), pauses::add);
        assertThat(patient.score(requests("good", "second", "never", "bad")))
                .containsExactly(ScoreOutcome.of(1), ScoreOutcome.of(2), new Rejected("never"), new TimedOut("call 4"));
        assertThat(calls)
                .containsExactly(
                        List.of("good", "second", "never", "bad"),
                        List.of("second", "bad"),
                        List.of("bad"),
                        List.of("bad"));
        assertThat(pauses).containsExactly(Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(5));
    }

    @Test
    void equalContentIsScoredOnceAndFailuresAreNotRemembered() throws Exception {
        List<String> scored = new ArrayList<>();
        Scorer cached = CachingScorer.wrap(
                batch -> batch.stream()
                        .map(r -> {
                            scored.add(r.completion());
                            return r.completion().equals("bad")
                                    ? new Failed("bad " + scored.size())
                                    : ScoreOutcome.of(r.completion().length());
                        })
                        .toList(),
                2);
        assertThat(cached.score(
                        List.of(request("aa"), request("b"), new ScoreRequest("other", "prompt", "aa", Map.of()))))
                .containsExactly(ScoreOutcome.of(2), ScoreOutcome.of(1), ScoreOutcome.of(2));
        assertThat(scored).containsExactly("aa", "b");
        cached.score(requests("aa", "bad", "bad"));
        assertThat(scored).containsExactly("aa", "b", "bad");
        assertThat(cached.score(requests("bad"))).containsExactly(new Failed("bad 4"));
        cached.score(requests("ccc"));
        cached.score(requests("aa", "b"));
        assertThat(scored)
                .as("the least recently used outcome went")
                .containsExactly("aa", "b", "bad", "bad", "ccc", "b");
    }

    @Test
    void metadataIsContentAndTheIdentifierIsNot() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Scorer cached = CachingScorer.wrap(
                batch -> CheckedScorer.all(batch.size(), ScoreOutcome.of(calls.incrementAndGet())), 10);
        cached.score(List.of(new ScoreRequest("1", "p", "c", Map.of("tests", "x"))));
        assertThat(cached.score(List.of(new ScoreRequest("2", "p", "c", Map.of("tests", "x")))))
                .containsExactly(ScoreOutcome.of(1));
        assertThat(cached.score(List.of(new ScoreRequest("2", "p", "c", Map.of("tests", "y")))))
                .containsExactly(ScoreOutcome.of(2));
        assertThat(cached.score(List.of(new ScoreRequest("2", "pc", "", Map.of("tests", "x")))))
                .as("where the prompt ends is content too")
                .containsExactly(ScoreOutcome.of(3));
    }

    @Test
    void conversationsAreContentToo() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Scorer cached = CachingScorer.wrap(
                batch -> CheckedScorer.all(batch.size(), ScoreOutcome.of(calls.incrementAndGet())), 10);
        Turn plain = new Turn("user", "p");
        List<ScoreRequest> different = List.of(
                new ScoreRequest("1", "p", "c", Map.of()),
                new ScoreRequest("1", "p", List.of(plain), "c", Map.of()),
                new ScoreRequest("1", "p", List.of(new Turn("system", "p")), "c", Map.of()),
                new ScoreRequest("1", "p", List.of(new Turn("user", "p", Optional.of("{}"))), "c", Map.of()),
                new ScoreRequest("1", "p", List.of(plain), "c", Map.of(), Map.of("tools", "[]")),
                new ScoreRequest("1", "p", List.of(), "c", Map.of("user", "p")));
        for (int i = 0; i < different.size(); i++) {
            assertThat(cached.score(List.of(different.get(i))))
                    .as("%s", different.get(i))
                    .containsExactly(ScoreOutcome.of(i + 1));
        }
    }

    @Test
    void singleRequestsAreSentTogether() throws Exception {
        List<Integer> sizes = new ArrayList<>();
        CountDownLatch go = new CountDownLatch(1);
        Scorer slow = batch -> {
            go.await();
            sizes.add(batch.size());
            return batch.stream()
                    .map(r -> ScoreOutcome.of(r.completion().length()))
                    .toList();
        };
        try (AsyncScorer batching = BatchingScorer.wrap(slow, 3, Duration.ofSeconds(30), 1)) {
            List<CompletableFuture<Timed>> futures = requests("a", "bb", "ccc", "dddd", "eeeee", "ffffff").stream()
                    .map(batching::score)
                    .toList();
            go.countDown();
            for (int i = 0; i < futures.size(); i++) {
                assertThat(futures.get(i).get().outcome()).isEqualTo(ScoreOutcome.of(i + 1));
            }
            assertThat(sizes).containsExactly(3, 3);
        }
    }

    @Test
    void aLonelyRequestWaitsNoLongerThanTheDelayAndAThrowingScorerFailsIt() throws Exception {
        Scorer broken = batch -> {
            throw new java.io.IOException("down");
        };
        try (AsyncScorer batching = BatchingScorer.wrap(broken, 100, Duration.ofMillis(1), 1)) {
            assertThat(batching.score(request("a")).get().outcome())
                    .isEqualTo(new Failed("the scorer threw IOException: down"));
            assertThat(batching.score(request("b")).get().outcome()).isInstanceOf(Failed.class);
        }
    }

    @Test
    void closingCancelsWhatIsNotDone() throws Exception {
        CountDownLatch called = new CountDownLatch(1);
        AsyncScorer batching = BatchingScorer.wrap(
                batch -> {
                    called.countDown();
                    Thread.sleep(Duration.ofHours(1).toMillis());
                    return List.of();
                },
                1,
                Duration.ZERO,
                1);
        CompletableFuture<Timed> running = batching.score(request("a"));
        CompletableFuture<Timed> waiting = batching.score(request("b"));
        called.await();
        batching.close();
        assertThat(running).isCancelled();
        assertThat(waiting).isCancelled();
        assertThat(batching.score(request("c"))).isCancelled();
    }

    @Test
    void everyCallIsMeasuredAndACompletionThatIsTriedAgainIsInTwo() throws Exception {
        List<Integer> batches = new CopyOnWriteArrayList<>();
        ScorerSettings settings = new ScorerSettings(1, Duration.ZERO, 1, null, 3, Duration.ZERO, null, 0);
        try (AsyncScorer scorer = settings.start(
                batch -> List.of(batches.isEmpty() ? new Failed("not yet") : ScoreOutcome.of(1)),
                Duration.ofSeconds(5),
                (duration, outcomes) -> {
                    assertThat(duration.isNegative()).isFalse();
                    batches.add(outcomes.size());
                })) {
            assertThat(scorer.score(request("a")).get().outcome()).isEqualTo(ScoreOutcome.of(1));
        }
        assertThat(batches).containsExactly(1, 1);
    }
}
