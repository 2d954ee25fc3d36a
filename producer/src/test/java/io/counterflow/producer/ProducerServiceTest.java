package io.counterflow.producer;

import static io.counterflow.producer.ProducerFixture.TASK;
import static io.counterflow.producer.ProducerFixture.policy;
import static io.counterflow.producer.ProducerFixture.texts;
import static io.counterflow.producer.SeededProducers.config;
import static io.counterflow.producer.SeededProducers.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Identifiers;
import io.counterflow.log.LogException;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Purpose;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@Timeout(120)
@ExtendWith(SharedBroker.class)
class ProducerServiceTest {

    private static EmbeddedLog embedded;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
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

    /** A server that answers completions follows no policy; the run that asks for them ends all the same. */
    @Test
    void aProducerEndsWithItsRunWhateverItSamplesFrom() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "run-ended")) {
            fixture.importPrompts("train", texts("prompt", 8));
            ProducerListener ends = new ProducerListener() {
                @Override
                public void groupsPublished(Purpose purpose, int groups, int completions, long version) {
                    fixture.publish(policy("r", 2, false, true));
                }
            };
            service(fixture, config("r", 1_000_000, BackPressureConfig.none(), null), false, ends)
                    .run();
            assertThat(fixture.completions()).isNotEmpty();
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
