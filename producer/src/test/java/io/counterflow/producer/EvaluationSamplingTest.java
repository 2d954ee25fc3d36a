package io.counterflow.producer;

import static io.counterflow.producer.ProducerFixture.policy;
import static io.counterflow.producer.ProducerFixture.texts;
import static io.counterflow.producer.SeededProducers.config;
import static io.counterflow.producer.SeededProducers.inBackground;
import static io.counterflow.producer.SeededProducers.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Identifiers;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Purpose;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Held-out prompts, sampled for every policy that asks for an evaluation. */
@Timeout(120)
@ExtendWith(SharedBroker.class)
class EvaluationSamplingTest {

    private static EmbeddedLog embedded;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
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
}
