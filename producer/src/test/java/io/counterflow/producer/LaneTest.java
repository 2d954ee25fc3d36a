package io.counterflow.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.log.Identifiers;
import io.counterflow.producer.Lane.StoredPrompt;
import io.counterflow.producer.Lane.Turn;
import io.counterflow.schemas.Prompt;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LaneTest {

    private static final long SEED = 3;

    /** In the order of the first pass. */
    private static final List<StoredPrompt> PROMPTS = ProducerFixture.texts("prompt", 4).stream()
            .map(LaneTest::stored)
            .sorted(Comparator.comparing(stored -> key(0, stored)))
            .toList();

    private static StoredPrompt stored(String text) {
        return new StoredPrompt(
                Prompt.newBuilder()
                        .setPromptId(Identifiers.promptId(ProducerFixture.TASK, "train", text))
                        .setTask(ProducerFixture.TASK)
                        .setSplit("train")
                        .setText(text)
                        .setCreatedAt(Instant.EPOCH)
                        .build(),
                0);
    }

    private static String key(long pass, StoredPrompt stored) {
        return Identifiers.orderKey(SEED, pass, stored.prompt().getPromptId());
    }

    private static Lane lane(PastSamples past, List<StoredPrompt> prompts) {
        Lane lane = new Lane(2, SEED, "train", past);
        prompts.forEach(lane::put);
        return lane;
    }

    private static List<StoredPrompt> take(Lane lane, int turns) {
        List<StoredPrompt> taken = new ArrayList<>();
        for (int i = 0; i < turns; i++) {
            Turn turn = lane.next().orElseThrow();
            lane.take(turn, "group-" + turn.pass() + "-" + i);
            taken.add(turn.stored());
        }
        return taken;
    }

    @Test
    void everyPassHasAllPromptsInAnOrderOfItsOwn() {
        Lane lane = lane(PastSamples.none(), PROMPTS);

        assertThat(take(lane, 4)).isEqualTo(PROMPTS);
        assertThat(lane.next().orElseThrow().pass()).isEqualTo(1);
        assertThat(take(lane, 4))
                .isEqualTo(PROMPTS.stream()
                        .sorted(Comparator.comparing(stored -> key(1, stored)))
                        .toList());
    }

    @Test
    void whatArrivesBehindThePlaceThatWasReachedHasItsTurnInTheNextPass() {
        Lane lane = lane(PastSamples.none(), PROMPTS.subList(1, 3));
        take(lane, 1);

        lane.put(PROMPTS.get(0));
        lane.put(PROMPTS.get(3));

        assertThat(take(lane, 2)).containsExactly(PROMPTS.get(2), PROMPTS.get(3));
        assertThat(lane.next().orElseThrow().pass()).isEqualTo(1);
        assertThat(take(lane, 4)).containsExactlyInAnyOrderElementsOf(PROMPTS);
    }

    @Test
    void theLastSampledPromptIsAllThatARestartNeeds() {
        PastSamples past = new PastSamples(
                Optional.of(new PastSamples.Mark(0, 1, PROMPTS.get(1).prompt().getPromptId())),
                2,
                List.of("one", "two"),
                Set.of());
        Lane lane = lane(past, PROMPTS);

        Turn turn = lane.next().orElseThrow();
        assertThat(turn.stored()).isEqualTo(PROMPTS.get(2));
        assertThat(lane.take(turn, "three")).isEqualTo(2);
        assertThat(lane.groups()).isEqualTo(3);
        assertThat(lane.waiting()).isEqualTo(3);
    }

    @Test
    void groupsBeforeTheOneThatWasTrainedWaitNoLonger() {
        Lane lane = lane(PastSamples.none(), PROMPTS);
        take(lane, 3);

        assertThat(lane.trained("group-0-1")).isTrue();
        assertThat(lane.waiting()).isEqualTo(1);
        assertThat(lane.trained("group-0-0")).isFalse();
        assertThat(lane.waiting()).isEqualTo(1);
    }

    @Test
    void aRefusedPromptHasNoTurnInAnyPass() {
        Lane lane = lane(PastSamples.none(), PROMPTS.subList(0, 2));
        lane.refuse(lane.next().orElseThrow());

        assertThat(take(lane, 2)).containsExactly(PROMPTS.get(1), PROMPTS.get(1));
        lane.refuse(lane.next().orElseThrow());
        assertThat(lane.next()).isEmpty();
    }
}
