package io.counterflow.cli.producer;

import static io.counterflow.cli.producer.ProducerFixture.TASK;
import static io.counterflow.cli.producer.ProducerFixture.policy;
import static io.counterflow.cli.producer.ProducerFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Identifiers;
import io.counterflow.log.LogException;
import io.counterflow.producer.BackPressureConfig;
import io.counterflow.producer.ProducerConfig;
import io.counterflow.producer.ProducerListener;
import io.counterflow.producer.ProducerService;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Purpose;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ProducerServiceTest {

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;

    @BeforeAll
    static void start() {
        embedded = EmbeddedLog.start(directory);
    }

    @AfterAll
    static void stop() {
        embedded.close();
    }

    private static ProducerConfig config(
            String runId, int maxPasses, BackPressureConfig backPressure, String instance) {
        return new ProducerConfig(
                runId,
                TASK,
                null,
                3,
                4,
                maxPasses,
                null,
                11L,
                instance,
                null,
                null,
                backPressure,
                null,
                null,
                null,
                null);
    }

    private static ProducerService service(
            ProducerFixture fixture, ProducerConfig config, boolean follows, ProducerListener listener) {
        return new ProducerService(fixture.log(), config, new SeededSource(follows), InstantSource.system(), listener);
    }

    private static CompletableFuture<Void> inBackground(ProducerService service) {
        return CompletableFuture.runAsync(service::run, task -> new Thread(task, "producer").start());
    }

    @Test
    void everyPromptOfEveryPassIsSampledInOneWholeGroup() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "whole")) {
            List<String> prompts = fixture.importPrompts("train", texts("prompt", 30));
            fixture.importPrompts("held-out", texts("other", 5));
            service(fixture, config("r", 2, BackPressureConfig.none(), null), false, ProducerListener.NONE)
                    .run();
            fixture.assertEveryPassIsWhole("r", prompts, 2, 3);
            assertThat(fixture.completions()).allSatisfy(completion -> {
                assertThat(completion.getSampling().getSeed())
                        .isEqualTo(Identifiers.sampleSeed(11, completion.getCompletionId()));
                assertThat(completion.getPrompt().getPromptId()).isEqualTo(completion.getPromptId());
            });
        }
    }

    @Test
    void theOrderOfAPassIsThatOfTheSeedAndDiffersFromPassToPass() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "order")) {
            fixture.importPrompts("train", texts("prompt", 24));
            service(fixture, config("r", 2, BackPressureConfig.none(), null), false, ProducerListener.NONE)
                    .run();
            for (long pass = 0; pass < 2; pass++) {
                List<String> keys = new ArrayList<>();
                List<Long> positions = new ArrayList<>();
                for (Completion completion : fixture.completions()) {
                    if (completion.getPass() == pass && completion.getIndexInGroup() == 0) {
                        if (completion.getPosition() == 0) {
                            assertThat(keys).isSorted();
                            keys.clear();
                            positions.clear();
                        }
                        keys.add(Identifiers.orderKey(11, pass, completion.getPromptId()));
                        assertThat(completion.getPosition()).isEqualTo(positions.size());
                        positions.add(completion.getPosition());
                    }
                }
                assertThat(keys).isSorted();
            }
        }
    }

    @Test
    void aProducerThatIsKilledAgainAndAgainSamplesNothingTwiceAndLosesNothing() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (ProducerFixture fixture = new ProducerFixture(embedded, "killed")) {
            List<String> prompts = fixture.importPrompts("train", texts("prompt", 60));
            ProducerConfig config = config("r", 2, BackPressureConfig.none(), null);
            for (int kill = 0; kill < 4; kill++) {
                AtomicInteger until = new AtomicInteger(1 + random.nextInt(4));
                ProducerListener killer = new ProducerListener() {
                    @Override
                    public void groupsPublished(Purpose purpose, int groups, int completions, long version) {
                        if (until.decrementAndGet() == 0) {
                            Thread.currentThread().interrupt();
                        }
                    }
                };
                CompletableFuture<Void> killed = inBackground(service(fixture, config, false, killer));
                assertThatThrownBy(killed::join).as("seed %d", seed).isNotNull();
            }
            service(fixture, config, false, ProducerListener.NONE).run();
            fixture.assertEveryPassIsWhole("r", prompts, 2, 3, "seed %d".formatted(seed));
        }
    }

    @Test
    void promptsThatArriveLaterAreSampledFromTheirPassOn() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "later")) {
            List<String> prompts = new ArrayList<>(fixture.importPrompts("train", texts("early", 20)));
            service(fixture, config("r", 1, BackPressureConfig.none(), null), false, ProducerListener.NONE)
                    .run();
            prompts.addAll(fixture.importPrompts("train", texts("late", 20)));
            service(fixture, config("r", 2, BackPressureConfig.none(), null), false, ProducerListener.NONE)
                    .run();
            Set<String> secondPass = new HashSet<>();
            fixture.completions().stream().filter(c -> c.getPass() == 1).forEach(c -> secondPass.add(c.getPromptId()));
            assertThat(secondPass).containsExactlyInAnyOrderElementsOf(prompts);
            assertThat(fixture.completions())
                    .extracting(Completion::getCompletionId)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void instancesShareThePromptsAndOneTakesOverFromOneThatDied() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "shared")) {
            List<String> prompts = fixture.importPrompts("train", texts("prompt", 60));
            fixture.publish(policy("r", 0, false, false));
            AtomicInteger published = new AtomicInteger();
            CompletableFuture<Void> sampling = new CompletableFuture<>();
            ProducerListener dies = new ProducerListener() {
                @Override
                public void groupsPublished(Purpose purpose, int groups, int completions, long version) {
                    sampling.complete(null);
                    if (published.incrementAndGet() == 4) {
                        Thread.currentThread().interrupt();
                    }
                }
            };
            CompletableFuture<Void> dying =
                    inBackground(service(fixture, config("r", 0, BackPressureConfig.none(), "a"), true, dies));
            sampling.join();
            ProducerService heir =
                    service(fixture, config("r", 0, BackPressureConfig.none(), "b"), true, ProducerListener.NONE);
            CompletableFuture<Void> living = inBackground(heir);
            assertThatThrownBy(dying::join).isNotNull();
            Set<String> expected = new HashSet<>();
            prompts.forEach(p -> expected.add(Identifiers.groupId("r", p, 0)));
            await().atMost(java.time.Duration.ofMinutes(3))
                    .until(() -> fixture.groups(Purpose.TRAINING).containsAll(expected));
            fixture.publish(policy("r", 1, false, true));
            living.join();
            assertThat(fixture.completions())
                    .extracting(Completion::getCompletionId)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void aSecondProducerOfTheSameNameTakesOverAndTheFirstSaysSo() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "fenced")) {
            fixture.importPrompts("train", texts("prompt", 10));
            fixture.publish(policy("r", 0, false, false));
            CompletableFuture<Void> sampling = new CompletableFuture<>();
            ProducerListener started = new ProducerListener() {
                @Override
                public void groupsPublished(Purpose purpose, int groups, int completions, long version) {
                    sampling.complete(null);
                }
            };
            CompletableFuture<Void> first =
                    inBackground(service(fixture, config("r", 0, BackPressureConfig.none(), null), true, started));
            sampling.join();
            ProducerService second =
                    service(fixture, config("r", 0, BackPressureConfig.none(), null), true, ProducerListener.NONE);
            CompletableFuture<Void> secondRun = inBackground(second);
            assertThatThrownBy(first::join)
                    .hasCauseInstanceOf(LogException.class)
                    .hasMessageContaining("producer.instance");
            second.close();
            secondRun.join();
            assertThat(fixture.completions())
                    .extracting(Completion::getCompletionId)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void samplingPausesAboveTheLimitAndGoesOnWhenTheTrainerHasCaughtUp() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "pressure")) {
            fixture.importPrompts("train", texts("prompt", 40));
            fixture.publish(policy("r", 0, false, false));
            List<Long> pauses = new java.util.concurrent.CopyOnWriteArrayList<>();
            ProducerListener listener = new ProducerListener() {
                @Override
                public void paused(long waiting) {
                    pauses.add(waiting);
                }
            };
            BackPressureConfig limits = new BackPressureConfig(10, 5, null, null);
            ProducerService service = service(fixture, config("r", 0, limits, null), true, listener);
            CompletableFuture<Void> run = inBackground(service);
            await().until(() -> pauses.size() == 1);
            List<String> first = fixture.groups(Purpose.TRAINING);
            assertThat(first).hasSize(12);
            assertThat(pauses).containsExactly(12L);

            fixture.plan("r", 1, first.subList(0, 3));
            fixture.plan("other", 1, first);
            fixture.plan("r", 2, first);
            await().until(() -> pauses.size() == 2);
            assertThat(fixture.groups(Purpose.TRAINING)).hasSize(24);
            service.close();
            run.join();

            ProducerService resumed = service(fixture, config("r", 0, limits, null), true, listener);
            CompletableFuture<Void> resumedRun = inBackground(resumed);
            await().until(() -> pauses.size() == 3);
            assertThat(pauses.get(2)).as("waiting groups are found again").isEqualTo(12);
            assertThat(fixture.groups(Purpose.TRAINING)).hasSize(24);
            resumed.close();
            resumedRun.join();
        }
    }

    @Test
    void samplingWaitsForANewerPolicyWhereItsSamplesWouldBeTooStale() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "fresh")) {
            fixture.importPrompts("train", texts("prompt", 40));
            fixture.begin("r", 4);
            fixture.publish(policy("r", 0, false, false));
            List<Long> pauses = new java.util.concurrent.CopyOnWriteArrayList<>();
            ProducerListener listener = new ProducerListener() {
                @Override
                public void paused(long waiting) {
                    pauses.add(waiting);
                }
            };
            BackPressureConfig limits = new BackPressureConfig(100, 50, null, 2);
            ProducerService service = service(fixture, config("r", 0, limits, null), true, listener);
            CompletableFuture<Void> run = inBackground(service);

            await().until(() -> pauses.size() == 1);
            assertThat(fixture.groups(Purpose.TRAINING))
                    .as("steps 1, 2 and 3, the last of them 2 versions old")
                    .hasSize(12);
            fixture.plan("r", 1, fixture.groups(Purpose.TRAINING).subList(0, 4));
            fixture.publish(policy("r", 1, false, false));
            await().until(() -> pauses.size() == 2);
            assertThat(fixture.groups(Purpose.TRAINING)).hasSize(16);
            service.close();
            run.join();
        }
    }

    @Test
    void heldOutPromptsAreSampledOnceFromEveryVersionThatAsksForIt() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "evaluation")) {
            fixture.importPrompts("train", texts("prompt", 8));
            List<String> heldOut = fixture.importPrompts("held-out", texts("held", 9));
            fixture.publish(policy("r", 0, true, false));
            CompletableFuture<Void> training = new CompletableFuture<>();
            ProducerListener listener = new ProducerListener() {
                @Override
                public void groupsPublished(Purpose purpose, int groups, int completions, long version) {
                    if (purpose == Purpose.TRAINING) {
                        training.complete(null);
                    }
                }
            };
            ProducerService first = service(fixture, config("r", 0, BackPressureConfig.none(), null), true, listener);
            CompletableFuture<Void> run = inBackground(first);
            training.join();
            first.close();
            run.join();

            fixture.publish(policy("r", 10, false, false));
            fixture.publish(policy("r", 20, true, true));
            service(fixture, config("r", 0, BackPressureConfig.none(), null), true, ProducerListener.NONE)
                    .run();
            assertThat(fixture.countByPolicyVersion(Purpose.EVALUATION)).isEqualTo(Map.of(0L, 18, 20L, 18));
            Set<String> expected = new HashSet<>();
            for (String prompt : heldOut) {
                expected.add(Identifiers.evaluationGroupId("r", prompt, 0));
                expected.add(Identifiers.evaluationGroupId("r", prompt, 20));
            }
            assertThat(new HashSet<>(fixture.groups(Purpose.EVALUATION))).isEqualTo(expected);
            assertThat(fixture.completions())
                    .extracting(Completion::getCompletionId)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void heldOutPromptsThatComeLaterAreSampledFromEveryVersionThatAskedForIt() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "late-evaluation")) {
            fixture.importPrompts("train", texts("prompt", 8));
            fixture.publish(policy("r", 0, true, false));
            Set<Purpose> begun = new HashSet<>();
            ProducerListener listener = new ProducerListener() {
                @Override
                public void groupsPublished(Purpose purpose, int groups, int completions, long version) {
                    if (begun.add(purpose) && purpose == Purpose.TRAINING) {
                        fixture.importPrompts("held-out", texts("held", 9));
                    } else if (purpose == Purpose.EVALUATION && version == 0) {
                        fixture.publish(policy("r", 20, true, true));
                    }
                }
            };
            service(fixture, config("r", 0, BackPressureConfig.none(), null), true, listener)
                    .run();
            assertThat(fixture.countByPolicyVersion(Purpose.EVALUATION)).isEqualTo(Map.of(0L, 18, 20L, 18));
        }
    }

    @Test
    void aProducerThatComesAfterTheEndEvaluatesTheBeginningThoughItsAnnouncementIsGone() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "compacted")) {
            fixture.importPrompts("held-out", texts("held", 5));
            fixture.begin("r", 4);
            fixture.publish(policy("r", 20, true, true));

            service(fixture, config("r", 0, BackPressureConfig.none(), null), true, ProducerListener.NONE)
                    .run();

            assertThat(fixture.countByPolicyVersion(Purpose.EVALUATION)).isEqualTo(Map.of(0L, 10, 20L, 10));
        }
    }

    @Test
    void promptsThatCannotBeSampledBecomeDeadLettersOnce() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "refused")) {
            List<String> prompts = fixture.importPrompts("train", texts("prompt", 5));
            String empty = fixture.importPrompts("train", List.of("")).get(0);
            try (var raw = fixture.log().rawProducer(Map.of())) {
                raw.send(new org.apache.kafka.clients.producer.ProducerRecord<>(
                        fixture.log().topicName(io.counterflow.log.Topic.PROMPTS),
                        "broken".getBytes(),
                        "no avro".getBytes()));
            }
            for (int passes = 1; passes <= 2; passes++) {
                service(fixture, config("r", passes, BackPressureConfig.none(), null), false, ProducerListener.NONE)
                        .run();
            }
            fixture.assertEveryPassIsWhole("r", prompts, 2, 3);
            assertThat(fixture.deadLetters())
                    .extracting(letter -> new String(letter.getKey().array()))
                    .containsExactlyInAnyOrder(empty, "broken");
            assertThat(fixture.deadLetters())
                    .extracting(letter -> letter.getCause())
                    .anyMatch(cause -> cause.equals("the prompt is empty"))
                    .anyMatch(cause -> cause.contains("not a prompt"));
        }
    }

    @Test
    void aRunIsNotContinuedWithAnotherSeed() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "seed")) {
            fixture.importPrompts("train", texts("prompt", 5));
            service(fixture, config("r", 1, BackPressureConfig.none(), null), false, ProducerListener.NONE)
                    .run();
            ProducerConfig other = new ProducerConfig(
                    "r",
                    TASK,
                    null,
                    3,
                    4,
                    2,
                    null,
                    12L,
                    null,
                    null,
                    null,
                    BackPressureConfig.none(),
                    null,
                    null,
                    null,
                    null);
            ProducerService service = service(fixture, other, false, ProducerListener.NONE);
            assertThatThrownBy(service::run)
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("run r was sampled with another producer.seed than 12");
        }
    }
}
