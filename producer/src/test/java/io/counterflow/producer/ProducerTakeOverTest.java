package io.counterflow.producer;

import static io.counterflow.producer.ProducerFixture.policy;
import static io.counterflow.producer.ProducerFixture.texts;
import static io.counterflow.producer.SeededProducers.config;
import static io.counterflow.producer.SeededProducers.inBackground;
import static io.counterflow.producer.SeededProducers.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Identifiers;
import io.counterflow.log.LogException;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Purpose;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Producers that die, share their prompts, or take over from each other. */
@Timeout(120)
@ExtendWith(SharedBroker.class)
class ProducerTakeOverTest {

    private static EmbeddedLog embedded;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
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
}
