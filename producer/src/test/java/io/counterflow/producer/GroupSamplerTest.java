package io.counterflow.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.Identifiers;
import io.counterflow.producer.Lane.StoredPrompt;
import io.counterflow.producer.source.SamplingConfig;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupSamplerTest {

    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final ProducerConfig CONFIG = SeededProducers.config("r", 1, BackPressureConfig.none(), null);

    private static GroupSampler.Order order(String text, long position) {
        String id = Identifiers.promptId(ProducerFixture.TASK, "train", text);
        Prompt prompt = Prompt.newBuilder()
                .setPromptId(id)
                .setTask(ProducerFixture.TASK)
                .setSplit("train")
                .setText(text)
                .setCreatedAt(Instant.EPOCH)
                .build();
        Lane lane = new Lane(0, CONFIG.seed(), "train", PastSamples.none());
        return new GroupSampler.Order(
                lane,
                new StoredPrompt(prompt, 7),
                new int[] {1, 2},
                Identifiers.groupId("r", id, 0),
                Purpose.TRAINING,
                0,
                position);
    }

    private static List<List<Completion>> sample(SeededSource source, List<GroupSampler.Order> orders) {
        return new GroupSampler(CONFIG, source, InstantSource.fixed(NOW)).sample(orders, 3, SamplingConfig.upTo(8));
    }

    @Test
    void everyOrderBecomesAWholeGroupWhoseMembersAreSampledWithSeedsOfTheirOwn() {
        List<List<Completion>> groups = sample(new SeededSource(false), List.of(order("a", 4), order("b", 5)));

        assertThat(groups).hasSize(2);
        for (int g = 0; g < 2; g++) {
            String text = List.of("a", "b").get(g);
            String groupId = order(text, 0).groupId();
            for (int index = 0; index < 3; index++) {
                Completion member = groups.get(g).get(index);
                long seed = Identifiers.sampleSeed(CONFIG.seed(), Identifiers.completionId(groupId, index));
                assertThat(member.getGroupId()).isEqualTo(groupId);
                assertThat(member.getCompletionId()).isEqualTo(Identifiers.completionId(groupId, index));
                assertThat(member.getIndexInGroup()).isEqualTo(index);
                assertThat(member.getGroupSize()).isEqualTo(3);
                assertThat(member.getPosition()).isEqualTo(4 + g);
                assertThat(member.getSampling().getSeed()).isEqualTo(seed);
                assertThat(member.getText()).isEqualTo(text + "/" + seed);
                assertThat(member.getPromptTokenIds()).containsExactly(1, 2);
                assertThat(member.getFinishedAt()).isEqualTo(NOW);
            }
        }
    }

    @Test
    void theSeedOfARecordIsTheOneThatTheSourceWasAskedWith() {
        SeededSource narrow = new SeededSource(false) {
            @Override
            public long seed(long seed) {
                return seed & 0xff;
            }
        };

        assertThat(sample(narrow, List.of(order("a", 0))).get(0)).allSatisfy(member -> {
            long seed = Identifiers.sampleSeed(CONFIG.seed(), member.getCompletionId()) & 0xff;
            assertThat(member.getSampling().getSeed()).isEqualTo(seed);
            assertThat(member.getText()).isEqualTo("a/" + seed);
        });
    }

    @Test
    void aSourceThatAnswersFewerThanItWasAskedIsNotTakenForAnAnswer() {
        SeededSource lazy = new SeededSource(false) {
            @Override
            public List<Sampled> sample(List<Request> requests, SamplingConfig sampling) {
                return super.sample(requests.subList(1, requests.size()), sampling);
            }
        };

        assertThatThrownBy(() -> sample(lazy, List.of(order("a", 0))))
                .hasMessage("2 completions came back for 3 requests");
    }
}
