package io.counterflow.producer;

import static io.counterflow.producer.ProducerFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.LogException;
import io.counterflow.producer.PastSamples.Horizon;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Purpose;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A run of 40 prompts and two passes, and what its log says of it. */
@ExtendWith(SharedBroker.class)
class PastSamplesTest {

    private static final List<Integer> PARTITIONS = List.of(0, 1, 2, 3);
    private static final long SEED = 11;
    private static final Horizon ALL = new Horizon(Optional.empty(), false, true);

    private static ProducerFixture fixture;

    @BeforeAll
    static void sample(EmbeddedLog shared) {
        fixture = new ProducerFixture(shared, "past-samples");
        fixture.importPrompts("train", texts("prompt", 40));
        for (String run : List.of("r", "other")) {
            SeededProducers.service(
                            fixture,
                            SeededProducers.config(run, 2, BackPressureConfig.none(), null),
                            false,
                            ProducerListener.NONE)
                    .run();
        }
    }

    @AfterAll
    static void close() {
        fixture.close();
    }

    private static Map<Integer, PastSamples> read(String runId, long seed, int recent, Horizon horizon) {
        return PastSamples.read(fixture.log(), PARTITIONS, runId, seed, recent, horizon);
    }

    @Test
    void everyGroupOfTheRunIsCountedAndTheLastOfEachPartitionIsKnown() {
        Map<Integer, PastSamples> past = read("r", SEED, 3, ALL);

        assertThat(past.values().stream().mapToLong(PastSamples::groups).sum()).isEqualTo(80);
        List<String> inOrder = fixture.completions().stream()
                .filter(completion -> completion.getRunId().equals("r"))
                .map(Completion::getGroupId)
                .distinct()
                .toList();
        for (PastSamples partition : past.values()) {
            assertThat(partition.recentGroups()).hasSize(3);
            int at = inOrder.indexOf(partition.recentGroups().get(0));
            assertThat(inOrder.subList(at, at + 3)).isEqualTo(partition.recentGroups());
            assertThat(partition.last().orElseThrow().pass()).isEqualTo(1);
            assertThat(partition.last().orElseThrow().position()).isEqualTo(partition.groups() / 2 - 1);
            assertThat(partition.evaluationGroups()).isEmpty();
        }
        assertThat(fixture.groups(Purpose.EVALUATION)).isEmpty();
    }

    @Test
    void aRunThatSampledNothingHasNoPast() {
        assertThat(read("nobody", SEED, 3, ALL).values()).containsOnly(PastSamples.none());
    }

    @Test
    void aRunIsNotReadWithAnotherSeed() {
        assertThatThrownBy(() -> read("r", SEED + 1, 3, ALL))
                .isInstanceOf(LogException.class)
                .hasMessageContaining("run r was sampled with another producer.seed than 12");
    }
}
