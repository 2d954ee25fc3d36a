package io.counterflow.cli.bench;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.Publication;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Sampling;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.decorator.ScorerSettings;
import io.counterflow.scorer.service.ScorerConfig;
import io.counterflow.scorer.service.ScoringConfig;
import io.counterflow.scorer.service.ScoringService;
import io.counterflow.scorer.streams.StreamsSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Completions a second through the scoring service on the embedded broker, with a scorer that waits as a call of a remote model
 * does. The rival has no log at all: the same calls, by as many threads as one instance makes calls at a time.
 */
final class ServiceBench {

    private static final int CALLS_AT_A_TIME = 8;
    private static final int WARM_UP = 64;
    private static final long LIMIT_NANOS = TimeUnit.MINUTES.toNanos(3);

    private final Path folder;
    private final Duration call;

    /** What instances did together. */
    record Measured(double perSecond, List<Long> scoredBy) {}

    /** @param call how long the scorer waits for each completion */
    ServiceBench(Path folder, Duration call) {
        this.folder = folder;
        this.call = call;
    }

    int callsAtATime() {
        return CALLS_AT_A_TIME;
    }

    private Scorer scorer() {
        return batch -> {
            List<ScoreOutcome> outcomes = new ArrayList<>();
            for (int i = 0; i < batch.size(); i++) {
                Thread.sleep(call.toMillis());
                outcomes.add(ScoreOutcome.of(1));
            }
            return outcomes;
        };
    }

    /** Completions a second without a log. */
    double direct(int completions) throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(CALLS_AT_A_TIME);
        try {
            long start = System.nanoTime();
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < completions; i++) {
                calls.add(threads.submit(() -> {
                    Thread.sleep(call.toMillis());
                    return null;
                }));
            }
            for (Future<?> future : calls) {
                future.get();
            }
            return completions / ((System.nanoTime() - start) / 1e9);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Completions a second through the log, from the moment the first is written until the last score is. */
    Measured instances(EmbeddedLog embedded, int instances, int completions) throws Exception {
        LogConfig config = new LogConfig(
                embedded.config().bootstrapServers(),
                embedded.config().schemaRegistryUrl(),
                "bench-" + instances + ".",
                8,
                1,
                Map.of());
        ExecutorService threads = Executors.newCachedThreadPool();
        List<ScoringService> services = new ArrayList<>();
        List<AtomicLong> counts = new ArrayList<>();
        List<Future<?>> running = new ArrayList<>();
        try (Log log = new Log(config)) {
            log.createTopics();
            for (int i = 0; i < instances; i++) {
                AtomicLong count = new AtomicLong();
                ScoringService service = service(log, i, count);
                services.add(service);
                counts.add(count);
                running.add(threads.submit(() -> {
                    service.run();
                    return null;
                }));
            }
            // Until every instance has partitions of its own: a rebalance is not what is measured.
            int written = 0;
            long deadline = System.nanoTime() + LIMIT_NANOS;
            do {
                publish(log, "warm-" + written, WARM_UP);
                written += WARM_UP;
                await(counts, written, running, deadline);
            } while (counts.stream().anyMatch(count -> count.get() == 0));
            List<Long> before = counts.stream().map(AtomicLong::get).toList();
            long start = System.nanoTime();
            publish(log, "measured", completions);
            await(counts, written + completions, running, start + LIMIT_NANOS);
            double perSecond = completions / ((System.nanoTime() - start) / 1e9);
            List<Long> scoredBy = new ArrayList<>();
            for (int i = 0; i < instances; i++) {
                scoredBy.add(counts.get(i).get() - before.get(i));
            }
            return new Measured(perSecond, scoredBy);
        } finally {
            services.forEach(ScoringService::close);
            threads.shutdown();
            threads.awaitTermination(30, TimeUnit.SECONDS);
        }
    }

    private ScoringService service(Log log, int instance, AtomicLong count) throws IOException {
        ScorerFactory<Map<String, Object>> factory = new ScorerFactory<>() {
            @Override
            public String name() {
                return "waiting";
            }

            @Override
            @SuppressWarnings("unchecked")
            public Class<Map<String, Object>> configuration() {
                return (Class<Map<String, Object>>) (Class<?>) Map.class;
            }

            @Override
            public Scorer create(Map<String, Object> configuration) {
                return scorer();
            }
        };
        StreamsSettings streams = new StreamsSettings(
                null,
                String.valueOf(instance),
                folder.resolve("streams-" + log.config().topicPrefix() + instance),
                null,
                null,
                null,
                null);
        ScorerSettings calls = new ScorerSettings(1, Duration.ZERO, CALLS_AT_A_TIME, null, 1, null, null, 0);
        ScorerConfig scorer = new ScorerConfig("waiting", null, null, null, calls, null);
        return new ScoringService(
                log,
                new ScoringConfig(List.of(scorer), null, streams),
                ScorerCatalog.of(List.of(factory)),
                score -> count.incrementAndGet());
    }

    private static void await(List<AtomicLong> counts, long wanted, List<Future<?>> running, long deadline)
            throws InterruptedException, ExecutionException {
        while (counts.stream().mapToLong(AtomicLong::get).sum() < wanted) {
            for (Future<?> service : running) {
                if (service.isDone()) {
                    service.get();
                    throw new IllegalStateException("the scoring service ended during the measurement");
                }
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "only " + counts + " of " + wanted + " completions were scored in time");
            }
            Thread.sleep(2);
        }
    }

    private static void publish(Log log, String name, int count) {
        try (Publication publication = new Publication(log, Topic.COMPLETIONS)) {
            for (int i = 0; i < count; i++) {
                Completion completion = completion(name + " " + i);
                publication.add(completion.getPromptId(), completion);
            }
            publication.finish();
        }
    }

    private static Completion completion(String text) {
        String promptId = Identifiers.promptId("bench", "train", text);
        String groupId = Identifiers.groupId("bench", promptId, 0);
        return Completion.newBuilder()
                .setCompletionId(Identifiers.completionId(groupId, 0))
                .setGroupId(groupId)
                .setPromptId(promptId)
                .setRunId("bench")
                .setPurpose(Purpose.TRAINING)
                .setPass(0)
                .setPosition(0)
                .setIndexInGroup(0)
                .setGroupSize(1)
                .setPrompt(Prompt.newBuilder()
                        .setPromptId(promptId)
                        .setTask("bench")
                        .setSplit("train")
                        .setText(text)
                        .setCreatedAt(Instant.EPOCH)
                        .build())
                .setPromptTokenIds(List.of(1))
                .setText("a completion of some hundred characters ".repeat(10))
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
