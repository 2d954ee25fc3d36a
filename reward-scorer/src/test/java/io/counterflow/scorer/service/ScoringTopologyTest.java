package io.counterflow.scorer.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.log.Log;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.Samples;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.Stores;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoringTopologyTest {

    /** A scorer whose calls end when the test says so. */
    private static final class ScorerByHand implements AsyncScorer {
        private final Map<String, CompletableFuture<Timed>> calls = new LinkedHashMap<>();
        private int count;

        @Override
        public CompletableFuture<Timed> score(ScoreRequest request) {
            count++;
            CompletableFuture<Timed> future = new CompletableFuture<>();
            calls.put(request.id(), future);
            return future;
        }

        void end(Completion completion, ScoreOutcome outcome) {
            calls.get(completion.getCompletionId()).complete(new Timed(outcome, Duration.ofMillis(3)));
        }

        @Override
        public void close() {}
    }

    @TempDir
    Path state;

    private final Log log = Samples.logWithoutBroker();
    private final ScorerByHand scorer = new ScorerByHand();
    private final List<Score> heard = new ArrayList<>();
    private TopologyTestDriver driver;
    private TestInputTopic<String, Completion> completions;
    private TestOutputTopic<String, Score> scores;
    private TestOutputTopic<String, DeadLetter> deadLetters;

    @BeforeEach
    void start() {
        Topology topology = ScoringTopology.build(log, new ScorerId("by-hand", "2"), scorer, 3, heard::add);
        driver = new TopologyTestDriver(topology, Samples.properties("scoring", state), Samples.START);
        completions = Samples.input(driver, log, "completions");
        scores = Samples.output(driver, log, "scores", Score.class);
        deadLetters = Samples.output(driver, log, "dead-letters", DeadLetter.class);
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    private void pass(Duration time) {
        driver.advanceWallClockTime(time);
    }

    private void arrive(Completion completion) {
        completions.pipeInput(completion.getPromptId(), completion);
    }

    @Test
    void aScoreIsWrittenWhenItsCallEndsWhateverCameBefore() {
        Completion first = Samples.completion("p", 0, 2);
        Completion second = Samples.completion("p", 1, 2);
        arrive(first);
        arrive(second);
        pass(Duration.ofMillis(20));
        assertThat(scores.isEmpty()).isTrue();

        scorer.end(second, new Scored(0.5, Map.of("part", 0.25), Map.of("why", "so")));
        pass(Duration.ofMillis(20));

        Score score = scores.readValue();
        assertThat(score.getCompletionId()).isEqualTo(second.getCompletionId());
        assertThat(score.getOutcome()).isEqualTo(Outcome.SCORED);
        assertThat(score.getValue()).isEqualTo(0.5);
        assertThat(score.getCause()).isNull();
        assertThat(score.getComponents()).isEqualTo(Map.of("part", 0.25));
        assertThat(score.getDetails()).isEqualTo(Map.of("why", "so"));
        assertThat(score.getScorer() + "@" + score.getScorerVersion()).isEqualTo("by-hand@2");
        assertThat(score.getDurationMicros()).isEqualTo(3000);
        assertThat(score.getScoredAt()).isEqualTo(Samples.START.plusMillis(40));
        assertThat(scores.isEmpty()).isTrue();
        assertThat(deadLetters.isEmpty()).isTrue();
        assertThat(heard).containsExactly(score);
    }

    @Test
    void whatCouldNotBeScoredIsWrittenWithItsCauseAndGoesToTheDeadLettersWhole() {
        Completion failed = Samples.completion("p", 0, 3);
        Completion late = Samples.completion("p", 1, 3);
        Completion rejected = Samples.completion("q", 0, 1);
        arrive(failed);
        arrive(late);
        scorer.end(failed, new Failed("broken"));
        scorer.end(late, new TimedOut("no answer"));
        arrive(rejected);
        scorer.end(rejected, new Rejected("no tests"));
        pass(Duration.ofMillis(20));

        assertThat(scores.readValuesToList())
                .extracting(Score::getOutcome, Score::getValue, Score::getCause)
                .containsExactly(
                        Tuple.tuple(Outcome.FAILED, null, "broken"),
                        Tuple.tuple(Outcome.TIMED_OUT, null, "no answer"),
                        Tuple.tuple(Outcome.REJECTED, null, "no tests"));
        List<DeadLetter> letters = deadLetters.readValuesToList();
        assertThat(letters)
                .extracting(DeadLetter::getCause)
                .containsExactly("FAILED: broken", "TIMED_OUT: no answer", "REJECTED: no tests");
        assertThat(letters).extracting(DeadLetter::getOffset).containsExactly(0L, 1L, 2L);
        assertThat(letters).allSatisfy(l -> {
            assertThat(l.getTopic()).isEqualTo("completions");
            assertThat(l.getComponent()).isEqualTo("by-hand@2");
        });
        byte[] original = new byte[letters.get(0).getValue().remaining()];
        letters.get(0).getValue().get(original);
        assertThat(log.deserializer(Completion.class).deserialize("completions", original))
                .isEqualTo(failed);
    }

    @Test
    void aCompletionThatComesTwiceWhileItIsScoredIsScoredOnce() {
        Completion completion = Samples.completion("p", 0, 1);
        arrive(completion);
        arrive(completion);
        scorer.end(completion, new Scored(1, Map.of(), Map.of()));
        pass(Duration.ofMillis(20));
        assertThat(scores.readValuesToList()).hasSize(1);
        assertThat(scorer.count).isEqualTo(1);
    }

    @Test
    void anUnreadableRecordGoesToTheDeadLettersAndTheNextOneIsScored() {
        driver.createInputTopic(
                        "completions",
                        Serdes.String().serializer(),
                        Serdes.ByteArray().serializer())
                .pipeInput("key", new byte[] {1, 2, 3});
        Completion completion = Samples.completion("p", 0, 1);
        arrive(completion);
        scorer.end(completion, new Scored(1, Map.of(), Map.of()));
        pass(Duration.ofMillis(20));
        DeadLetter letter = deadLetters.readValue();
        assertThat(letter.getCause()).startsWith("not a completion: ");
        assertThat(letter.getValue()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(scores.readValuesToList()).hasSize(1);
    }

    @Test
    void completionsInTheStoreAreScoredAgainAfterARestart() {
        Completion completion = Samples.completion("p", 0, 1);
        arrive(completion);
        Map<String, byte[]> kept = new LinkedHashMap<>();
        driver.<String, byte[]>getKeyValueStore(ScoringProcessor.PENDING)
                .all()
                .forEachRemaining(e -> kept.put(e.key, e.value));
        driver.close();
        assertThat(kept).hasSize(1);

        scorer.calls.clear();
        // The driver has no changelog to restore from: a processor that starts on a filled store is made by hand.
        ScoringProcessor processor = new ScoringProcessor(
                new ScorerId("by-hand", "2"), scorer, log.deserializer(Completion.class), 3, heard::add, "completions");
        MockProcessorContext<String, SpecificRecord> context = new MockProcessorContext<>();
        context.setCurrentSystemTimeMs(Samples.START.toEpochMilli());
        var store = Stores.keyValueStoreBuilder(
                        Stores.inMemoryKeyValueStore(ScoringProcessor.PENDING), Serdes.String(), Serdes.ByteArray())
                .withLoggingDisabled()
                .build();
        store.init(context.getStateStoreContext(), store);
        kept.forEach(store::put);
        processor.init(context);
        assertThat(scorer.calls).containsOnlyKeys(completion.getCompletionId());
        scorer.end(completion, new Failed("again"));
        context.scheduledPunctuators().get(0).getPunctuator().punctuate(0);

        assertThat(context.forwarded()).hasSize(2);
        assertThat(((Score) context.forwarded().get(0).record().value()).getCause())
                .isEqualTo("again");
        DeadLetter letter = (DeadLetter) context.forwarded().get(1).record().value();
        assertThat(letter.getOffset()).isZero();
        assertThat(store.all().hasNext()).isFalse();
        start();
    }

    /** A thread that waited for a scorer that hangs could neither poll nor commit. */
    @Test
    void aFullScorerHoldsTheStreamThreadForAWhileOnlyAndEverythingIsScoredOnce() {
        List<Completion> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(Samples.completion("p", i, 5));
        }
        all.forEach(this::arrive);
        arrive(all.get(4));
        assertThat(scorer.count).isEqualTo(3);
        assertThat(scorer.calls).containsOnlyKeys(ids(all.subList(0, 3)));

        scorer.end(all.get(1), new Scored(1, Map.of(), Map.of()));
        pass(Duration.ofMillis(20));
        assertThat(scorer.calls).containsOnlyKeys(ids(all.subList(0, 4)));

        for (int i : List.of(0, 2, 3)) {
            scorer.end(all.get(i), new Scored(1, Map.of(), Map.of()));
        }
        pass(Duration.ofMillis(20));
        scorer.end(all.get(4), new Scored(1, Map.of(), Map.of()));
        pass(Duration.ofMillis(20));
        assertThat(scores.readValuesToList()).extracting(Score::getCompletionId).containsExactlyInAnyOrder(ids(all));
        assertThat(scorer.count).isEqualTo(5);
        assertThat(driver.getKeyValueStore(ScoringProcessor.PENDING).all().hasNext())
                .isFalse();
    }

    private static String[] ids(List<Completion> completions) {
        return completions.stream().map(Completion::getCompletionId).toArray(String[]::new);
    }
}
