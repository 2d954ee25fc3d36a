package io.counterflow.scorer.rescore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.decorator.ScorerSettings;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.RewardCheck;
import io.counterflow.scorer.recipe.Term;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedBroker.class)
class RescoringTest {

    private static final int GROUPS = 20;
    private static final int SIZE = 3;
    private static final ScorerId LENGTH = new ScorerId("length", "1");
    private static final Recipe RECIPE = Recipe.of("length");

    /** Scores by length, whoever is asked for. */
    private static final ScorerSource BY_LENGTH = id -> new ScorerSettings(
                    4, Duration.ZERO, null, null, null, null, null, 0)
            .start(
                    batch -> batch.stream()
                            .map(request -> ScoreOutcome.of(request.completion().length()))
                            .toList(),
                    Duration.ofMinutes(1));

    private static EmbeddedLog embedded;
    private Log log;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
    }

    @AfterEach
    void closeLog() {
        log.close();
    }

    private void sampled(String prefix) {
        log = new Log(new LogConfig(
                embedded.config().bootstrapServers(), embedded.config().schemaRegistryUrl(), prefix, 4, 1, Map.of()));
        log.createTopics();
        SampledCompletions.publish(log, "past", GROUPS, SIZE, 5);
    }

    private Rescoring rescoring(Recipe recipe, RescoreListener listener) {
        return new Rescoring(
                log,
                new RescoreRequest("past", recipe, "scored-groups.again", 4),
                BY_LENGTH,
                InstantSource.system(),
                listener);
    }

    private <T extends SpecificRecord> List<T> read(String topic, Class<T> type) {
        List<T> values = new ArrayList<>();
        try (LogReader<T> reader = new LogReader<>(log, log.config().topicPrefix() + topic, type)) {
            reader.read(reader.everything(), record -> values.add(record.value()));
        }
        return values;
    }

    @Test
    void everyGroupOfARunIsMadeOnceOfScoresThatAreMadeWhereTheyAreMissing() throws Exception {
        sampled("rescored.");
        RescorePlan plan = rescoring(RECIPE, RescoreListener.NONE).plan();
        assertThat(plan.groups()).hasSize(GROUPS);
        assertThat(plan.missing()).containsExactly(entry(LENGTH, (long) GROUPS * SIZE));

        RescoreSummary summary = rescoring(RECIPE, RescoreListener.NONE).run();

        assertThat(summary.made()).isEqualTo(GROUPS);
        assertThat(summary.computed()).containsExactly(entry(LENGTH, (long) GROUPS * SIZE));
        List<ScoredGroup> groups = read("scored-groups.again", ScoredGroup.class);
        assertThat(groups).hasSize(GROUPS).allSatisfy(group -> assertThat(RewardCheck.faults(group))
                .isEmpty());
        assertThat(groups)
                .flatExtracting(ScoredGroup::getMembers)
                .hasSize(GROUPS * SIZE)
                .allSatisfy(member -> assertThat(member.getReward())
                        .isEqualTo(member.getText().length()));
        RescoreSummary again = rescoring(RECIPE, RescoreListener.NONE).run();
        assertThat(again.made()).isZero();
        assertThat(again.computed()).isEmpty();
    }

    @Test
    void scoresThatAreInTheLogAreUsedAgain() throws Exception {
        sampled("reused.");
        rescoring(RECIPE, RescoreListener.NONE).run();

        Recipe half =
                new Recipe("half", List.of(new Term("length", null, 0.5, null, null, null, null, null)), null, null);
        RescoreSummary summary = new Rescoring(
                        log, RescoreRequest.of("past", half), BY_LENGTH, InstantSource.system(), RescoreListener.NONE)
                .run();

        assertThat(summary.reused()).isEqualTo(GROUPS * SIZE);
        assertThat(summary.computed()).isEmpty();
        assertThat(read(Topic.SCORES.topicName(), Score.class)).hasSize(GROUPS * SIZE);
        assertThat(read("scored-groups.half", ScoredGroup.class)).hasSize(GROUPS);
    }

    @Test
    void aRescoringThatStoppedGoesOnWhereItWasAndWritesNothingTwice() throws Exception {
        sampled("stopped.");
        RescoreListener stopping = (groups, summary) -> {
            if (groups >= 8) {
                throw new IllegalStateException("stopped");
            }
        };
        assertThatThrownBy(() -> rescoring(RECIPE, stopping).run()).hasMessage("stopped");
        assertThat(read("scored-groups.again", ScoredGroup.class)).hasSize(8);

        RescoreSummary rest = rescoring(RECIPE, RescoreListener.NONE).run();

        assertThat(rest.made()).isEqualTo(GROUPS - 8);
        assertThat(read("scored-groups.again", ScoredGroup.class))
                .hasSize(GROUPS)
                .extracting(ScoredGroup::getGroupId)
                .doesNotHaveDuplicates();
        assertThat(read(Topic.SCORES.topicName(), Score.class))
                .hasSize(GROUPS * SIZE)
                .extracting(Score::getCompletionId)
                .doesNotHaveDuplicates();
    }

    @Test
    void aTopicThatHasTheRunsGroupsByAnotherRecipeIsRefused() throws Exception {
        sampled("other.");
        rescoring(RECIPE, RescoreListener.NONE).run();
        Recipe other = new Recipe("other", List.of(Term.of("length")), null, null);

        assertThatThrownBy(() -> rescoring(other, RescoreListener.NONE).plan())
                .isInstanceOf(LogException.class)
                .hasMessageContaining("scored-groups.again has groups of run past by recipe");
    }
}
