package io.counterflow.scorer.service;

import io.counterflow.log.RedriveHeader;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.AsyncScorer.Timed;
import io.counterflow.scorer.ScorerId;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Has completions scored outside the stream thread and forwards the scores on it.
 *
 * <p>A completion enters the store of pending ones before its scoring starts, and leaves it in the transaction that forwards its
 * score. The input offset may therefore be committed while the scorer still works: after a crash or a rebalance {@link #init}
 * sends the completions of the store to the scorer again. With {@code exactly_once_v2} every record has exactly one committed
 * score, however often the scorer was called. Scores are forwarded in the order in which scoring ends.
 *
 * <p>While the scorer has its fill, records are taken slowly and wait in the store: a thread that blocked until a slow scorer has
 * answered would miss its transaction's and its consumer group's time limits, and what was scored meanwhile would not count.
 */
final class ScoringProcessor implements Processor<String, byte[], String, SpecificRecord> {

    static final String PENDING = "pending";
    static final String SCORES = "scores";
    static final String DEAD_LETTERS = "dead-letters";

    private static final Duration DRAIN_EVERY = Duration.ofMillis(20);

    /** How long a record waits for a place. The thread must get back to polling and committing, however slow the scorer is. */
    private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private record Call(Completion completion, CompletableFuture<Timed> future) {}

    private final ScorerId scorerId;
    private final AsyncScorer scorer;
    private final Deserializer<Completion> deserializer;
    private final int maxInFlight;
    private final ScoringListener listener;
    private final String topic;

    private ProcessorContext<String, SpecificRecord> context;
    private KeyValueStore<String, byte[]> pending;
    private final Map<String, Call> inFlight = new LinkedHashMap<>();
    // In the store, and not with the scorer yet.
    private final Set<String> waiting = new LinkedHashSet<>();
    private final Queue<String> finished = new ConcurrentLinkedQueue<>();
    private final Semaphore wakeUp = new Semaphore(0);
    private Cancellable drain;

    ScoringProcessor(
            ScorerId scorerId,
            AsyncScorer scorer,
            Deserializer<Completion> deserializer,
            int maxInFlight,
            ScoringListener listener,
            String topic) {
        this.scorerId = scorerId;
        this.scorer = scorer;
        this.deserializer = deserializer;
        this.maxInFlight = maxInFlight;
        this.listener = listener;
        this.topic = topic;
    }

    @Override
    public void init(ProcessorContext<String, SpecificRecord> context) {
        this.context = context;
        this.pending = context.getStateStore(PENDING);
        this.drain = context.schedule(DRAIN_EVERY, PunctuationType.WALL_CLOCK_TIME, now -> forwardFinished());
        try (KeyValueIterator<String, byte[]> left = pending.all()) {
            while (left.hasNext()) {
                KeyValue<String, byte[]> entry = left.next();
                waiting.add(entry.key);
            }
        }
        startWaiting();
    }

    @Override
    public void process(Record<String, byte[]> record) {
        if (RedriveHeader.component(record.headers())
                .filter(c -> !c.equals(scorerId.toString()))
                .isPresent()) {
            return;
        }
        PendingRecord original = new PendingRecord(
                context.recordMetadata().map(m -> m.partition()).orElse(-1),
                context.recordMetadata().map(m -> m.offset()).orElse(-1L),
                record.value());
        Completion completion;
        try {
            completion = read(record.value());
        } catch (SerializationException e) {
            forwardDeadLetter(record.key(), original, "not a completion: " + e.getMessage());
            return;
        }
        if (completion == null) {
            forwardDeadLetter(record.key(), original, "not a completion: the record has no value");
            return;
        }
        String id = completion.getCompletionId();
        if (!inFlight.containsKey(id) && !waiting.contains(id)) {
            pending.put(id, original.toBytes());
            waiting.add(id);
        }
        forwardFinished();
        awaitPlace();
    }

    /** Back-pressure: holds the stream thread for a while, so that the store does not fill at the speed of the log. */
    private void awaitPlace() {
        long until = System.nanoTime() + LONGEST_WAIT_NANOS;
        while (inFlight.size() >= maxInFlight) {
            long left = until - System.nanoTime();
            if (left <= 0) {
                return;
            }
            try {
                wakeUp.tryAcquire(left, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StreamsException("interrupted while waiting for " + scorerId, e);
            }
            forwardFinished();
        }
    }

    private void startWaiting() {
        while (inFlight.size() < maxInFlight && !waiting.isEmpty()) {
            String id = waiting.iterator().next();
            waiting.remove(id);
            start(id, read(PendingRecord.of(pending.get(id)).value()));
        }
    }

    @Override
    public void close() {
        drain.cancel();
        inFlight.values().forEach(call -> call.future.cancel(true));
        inFlight.clear();
        waiting.clear();
    }

    private Completion read(byte[] value) {
        return deserializer.deserialize(topic, value);
    }

    private void start(String id, Completion completion) {
        CompletableFuture<Timed> future = scorer.score(CompletionRequests.of(completion));
        inFlight.put(id, new Call(completion, future));
        var unused = future.whenComplete((result, e) -> {
            finished.add(id);
            wakeUp.release();
        });
    }

    private void forwardFinished() {
        wakeUp.drainPermits();
        for (String id; (id = finished.poll()) != null; ) {
            Call call = inFlight.remove(id);
            if (call != null) {
                try {
                    forward(id, call.completion, call.future.join());
                } catch (CompletionException e) {
                    throw new StreamsException("scorer " + scorerId + " failed on completion " + id, e.getCause());
                }
            }
        }
        startWaiting();
    }

    private void forward(String id, Completion completion, Timed result) {
        Score score = ScoreRecords.score(completion, scorerId, result, now());
        context.forward(record(completion.getPromptId(), score), SCORES);
        if (score.getOutcome() != Outcome.SCORED) {
            forwardDeadLetter(completion.getPromptId(), PendingRecord.of(pending.get(id)), ScoreRecords.cause(score));
        }
        pending.delete(id);
        listener.scored(score);
    }

    private void forwardDeadLetter(String key, PendingRecord original, String cause) {
        DeadLetter letter = ScoreRecords.deadLetter(
                scorerId, topic, original.partition(), original.offset(), key, original.value(), cause, now());
        context.forward(record(key, letter), DEAD_LETTERS);
    }

    private <T extends SpecificRecord> Record<String, SpecificRecord> record(String key, T value) {
        return new Record<>(key, value, context.currentSystemTimeMs());
    }

    private Instant now() {
        return Instant.ofEpochMilli(context.currentSystemTimeMs());
    }
}
