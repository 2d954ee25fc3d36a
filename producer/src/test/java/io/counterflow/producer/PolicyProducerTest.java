package io.counterflow.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Log;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.tokenizer.CompletionText;
import io.counterflow.producer.source.PolicyUnavailableException;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Purpose;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
@ExtendWith(SharedBroker.class)
class PolicyProducerTest {

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
    }

    private static void run(Log log, ProducerConfig config, ProducerListener listener) {
        new ProducerService(log, config, InstantSource.system(), listener).run();
    }

    @Test
    void completionsAreStampedWithThePolicyAndItsLogProbabilities() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "stamped")) {
            fixture.importPrompts("train", TinyPolicy.prompts(6));
            PolicyVersion policy = TinyPolicy.write(directory.resolve("stamped"), "r", 0, false);
            fixture.publish(policy);
            run(fixture.log(), ProducerChild.config("r", 1), ProducerListener.NONE);
            try (LanguageModel model =
                    LanguageModel.load(Path.of(URI.create(policy.getLocation())), ModelOptions.inference())) {
                List<Completion> completions = fixture.completions();
                assertThat(completions).hasSize(12);
                for (Completion completion : completions) {
                    assertThat(completion.getPolicyVersion()).isZero();
                    assertThat(completion.getPolicySha256()).isEqualTo(policy.getWeightsSha256());
                    assertThat(completion.getPromptTokenIds())
                            .containsExactly(boxed(model.tokenizer()
                                    .encode(completion.getPrompt().getText(), true)));
                    assertThat(CompletionText.of(
                                    model.tokenizer(),
                                    ints(completion.getPromptTokenIds()),
                                    ints(completion.getTokenIds())))
                            .isEqualTo(completion.getText());
                    float[] terms = model.tokenLogProbabilities(List.of(new TokenSequence(
                                    ints(completion.getPromptTokenIds()), ints(completion.getTokenIds()))))
                            .get(0);
                    double sum = 0;
                    for (int i = 0; i < terms.length; i++) {
                        assertThat(completion.getTokenLogProbabilities().get(i)).isCloseTo(terms[i], within(1e-4f));
                        sum += terms[i];
                    }
                    assertThat(completion.getLogProbability()).isCloseTo(sum, within(1e-3));
                }
            }
        }
    }

    @Test
    void aNewPolicyIsTakenUpBetweenGroups() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "followed")) {
            fixture.importPrompts("train", TinyPolicy.prompts(12));
            fixture.publish(TinyPolicy.write(directory.resolve("followed-0"), "r", 0, false));
            PolicyVersion next = TinyPolicy.write(directory.resolve("followed-7"), "r", 7, false);
            AtomicBoolean published = new AtomicBoolean();
            ProducerListener listener = new ProducerListener() {
                @Override
                public void groupsPublished(Purpose purpose, int groups, int completions, long version) {
                    if (published.compareAndSet(false, true)) {
                        fixture.publish(next);
                    }
                }
            };
            run(fixture.log(), ProducerChild.config("r", 6), listener);
            assertThat(fixture.countByPolicyVersion(Purpose.TRAINING)).containsOnlyKeys(0L, 7L);
            Map<String, Set<String>> policiesOfGroups = new HashMap<>();
            fixture.completions().forEach(c -> policiesOfGroups
                    .computeIfAbsent(c.getGroupId(), g -> new HashSet<>())
                    .add(c.getPolicySha256()));
            assertThat(policiesOfGroups.values()).as("one policy a group").allSatisfy(policies -> assertThat(policies)
                    .hasSize(1));
        }
    }

    @Test
    void weightsThatAreNotThePublishedOnesAreRefused() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "changed")) {
            fixture.importPrompts("train", TinyPolicy.prompts(6));
            PolicyVersion policy = TinyPolicy.write(directory.resolve("changed"), "r", 0, false);
            fixture.publish(PolicyVersion.newBuilder(policy)
                    .setWeightsSha256("0".repeat(64))
                    .build());
            assertThatThrownBy(() -> run(fixture.log(), ProducerChild.config("r", 1), ProducerListener.NONE))
                    .isInstanceOf(PolicyUnavailableException.class)
                    .hasMessageContaining("policy 0 of run r was published with weights of SHA-256 000")
                    .hasMessageContaining(policy.getWeightsSha256());
            assertThat(fixture.completions()).isEmpty();
        }
    }

    @Test
    void aPolicyThatIsNotThereIsNamed() {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "absent")) {
            fixture.importPrompts("train", TinyPolicy.prompts(6));
            fixture.publish(ProducerFixture.policy("r", 3, false, false));
            assertThatThrownBy(() -> run(fixture.log(), ProducerChild.config("r", 1), ProducerListener.NONE))
                    .isInstanceOf(PolicyUnavailableException.class)
                    .hasMessageContaining("policy 3 of run r is at nowhere")
                    .hasMessageContaining("shared folder");
        }
    }

    @Test
    void promptsTheModelCannotTakeBecomeDeadLettersAndTheOthersAreSampled() throws Exception {
        try (ProducerFixture fixture = new ProducerFixture(embedded, "unfit")) {
            List<String> good = fixture.importPrompts("train", TinyPolicy.prompts(4));
            fixture.importPrompts("train", List.of("a ".repeat(20).strip(), "a + zebra"));
            fixture.publish(TinyPolicy.write(directory.resolve("unfit"), "r", 0, false));
            run(fixture.log(), ProducerChild.config("r", 1), ProducerListener.NONE);
            fixture.assertEveryPassIsWhole("r", good, 1, 2);
            assertThat(fixture.deadLetters())
                    .extracting(DeadLetter::getCause)
                    .anyMatch(cause -> cause.contains(
                            "the prompt has 21 tokens; the context of 24 less 8 for the completion leaves 16"))
                    .anyMatch(cause -> cause.contains("zebra"))
                    .hasSize(2);
        }
    }

    @Test
    void aProducerThatTheSystemKillsSamplesNothingTwiceAndLosesNothing() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (ProducerFixture fixture = new ProducerFixture(embedded, "sigkill")) {
            List<String> prompts = fixture.importPrompts("train", TinyPolicy.prompts(48));
            fixture.publish(TinyPolicy.write(directory.resolve("sigkill"), "r", 0, false));
            Path errors = directory.resolve("child.log");
            for (int kill = 0; kill < 2; kill++) {
                try (ProducerChild child = ProducerChild.start(fixture.log().config(), "r", 2, errors)) {
                    assertThat(child.awaitBatches(1 + random.nextInt(6)))
                            .as("seed %d, see %s", seed, errors)
                            .isTrue();
                    child.kill();
                }
            }
            try (ProducerChild child = ProducerChild.start(fixture.log().config(), "r", 2, errors)) {
                assertThat(child.await()).as("exit code, seed %d", seed).isZero();
            }
            fixture.assertEveryPassIsWhole("r", prompts, 2, 2);
        }
    }

    private static int[] ints(List<Integer> boxed) {
        return boxed.stream().mapToInt(Integer::intValue).toArray();
    }

    private static Integer[] boxed(int[] values) {
        return java.util.Arrays.stream(values).boxed().toArray(Integer[]::new);
    }
}
