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
import io.counterflow.log.ledger.LedgerException;
import io.counterflow.schemas.Purpose;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A producer that waits for its trainer. */
@Timeout(120)
@ExtendWith(SharedBroker.class)
class PausedProducerTest {

    private static EmbeddedLog embedded;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
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
            fixture.plan("r", 2, first.subList(3, first.size()));
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
    void aRunWhoseSettingsCannotBeReadIsNotSampledForAsIfNothingWaited() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "unreadable")) {
            fixture.importPrompts("train", texts("prompt", 8));
            fixture.begin("r", "{\"batch\":{}}");
            fixture.publish(policy("r", 0, false, false));
            BackPressureConfig limits = new BackPressureConfig(100, 50, null, 2);
            ProducerService service = service(fixture, config("r", 0, limits, null), true, ProducerListener.NONE);

            assertThatThrownBy(service::run)
                    .isInstanceOf(LedgerException.class)
                    .hasMessageStartingWith(
                            "the settings of run r in the ledger cannot be read: objective.name is missing");
        }
    }
}
