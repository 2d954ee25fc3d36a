package io.counterflow.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.report.EvaluationTally.Evaluated;
import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Sampling;
import io.counterflow.schemas.ScoredGroup;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationTallyTest {

    private static final String OURS = "1111111111";
    private static final String THEIRS = "2222222222";

    private final EvaluationTally<Double> tally =
            new EvaluationTally<>(group -> group.getMembers().get(0).getReward());

    @Test
    void whatWasSampledIsScoredGivenUpOrWaits() {
        for (String prompt : List.of("a", "b", "c", "d")) {
            sampled(0, prompt);
            sampled(0, prompt);
        }
        tally.scored(group(0, "a", OURS, 1.0));
        tally.scored(group(0, "b", OURS, 0.5));
        tally.givenUp(group(0, "c", OURS));

        Evaluated<Double> evaluated = tally.evaluations().get(0);
        assertThat(evaluated.prompts()).isEqualTo(new HeldOutPrompts(4, 2, 1));
        assertThat(evaluated.prompts().shown()).isEqualTo("2 of 4, 1 given up, 1 not scored yet");
        assertThat(evaluated.byPrompt()).isEqualTo(Map.of("a", 1.0, "b", 0.5));
    }

    @Test
    void anEvaluationOfWhichEverythingWasGivenUpIsOneNevertheless() {
        sampled(6, "a");
        tally.givenUp(group(6, "a", OURS));

        assertThat(tally.evaluations()).singleElement().satisfies(evaluated -> {
            assertThat(evaluated.version()).isEqualTo(6);
            assertThat(evaluated.prompts()).isEqualTo(new HeldOutPrompts(1, 0, 1));
        });
    }

    @Test
    void aGroupThatWasRedrivenIsScoredAndNotGivenUp() {
        sampled(0, "a");
        tally.givenUp(group(0, "a", OURS));
        tally.scored(group(0, "a", OURS, 1.0));

        assertThat(tally.evaluations().get(0).prompts()).isEqualTo(new HeldOutPrompts(1, 1, 0));
    }

    @Test
    void rewardsOfAnotherRecipeAreLeftOutAndCounted() {
        for (String prompt : List.of("a", "b", "c")) {
            sampled(0, prompt);
            tally.scored(group(0, prompt, THEIRS, 40.0));
        }
        tally.scored(group(0, "a", OURS, 1.0));
        tally.learnedFrom(OURS);

        assertThat(tally.recipe()).hasValue("recipe@11111111");
        assertThat(tally.evaluations().get(0).byPrompt()).isEqualTo(Map.of("a", 1.0));
        assertThat(tally.otherRecipes()).isEqualTo(Map.of("recipe@22222222", 3L));
    }

    @Test
    void withoutARecipeThatWasLearnedFromTheOneOfMostGroupsCounts() {
        tally.scored(group(0, "a", OURS, 1.0));
        tally.scored(group(0, "a", THEIRS, 40.0));
        tally.scored(group(3, "a", THEIRS, 50.0));

        assertThat(tally.recipe()).hasValue("recipe@22222222");
        assertThat(tally.evaluations()).extracting(Evaluated::version).containsExactly(0L, 3L);
        assertThat(tally.evaluations().get(0).prompts())
                .as("completions that retention removed are counted by their groups")
                .isEqualTo(new HeldOutPrompts(1, 1, 0));
    }

    private void sampled(long version, String prompt) {
        tally.sampled(Completion.newBuilder()
                .setCompletionId("c")
                .setGroupId(version + prompt)
                .setPromptId(prompt)
                .setRunId("run")
                .setPurpose(Purpose.EVALUATION)
                .setPass(0)
                .setPosition(0)
                .setIndexInGroup(0)
                .setGroupSize(2)
                .setPrompt(prompt(prompt))
                .setPromptTokenIds(List.of(1))
                .setText("x")
                .setTokenIds(List.of(1))
                .setLogProbability(-1)
                .setPolicyVersion(version)
                .setPolicySha256("00")
                .setSampling(new Sampling(1.0, 0, 1.0, 1.0, 8, 1L))
                .setFinishReason(FinishReason.STOP)
                .setStartedAt(Instant.EPOCH)
                .setFinishedAt(Instant.EPOCH)
                .build());
    }

    private static ScoredGroup group(long version, String prompt, String recipe, Double... rewards) {
        return ScoredGroup.newBuilder()
                .setGroupId(version + prompt)
                .setPromptId(prompt)
                .setRunId("run")
                .setPurpose(Purpose.EVALUATION)
                .setRecipe("recipe")
                .setRecipeSha256(recipe)
                .setPrompt(prompt(prompt))
                .setPromptTokenIds(List.of(1))
                .setGroupSize(2)
                .setMembers(List.of(rewards).stream()
                        .map(reward -> GroupMember.newBuilder()
                                .setCompletionId("c")
                                .setIndexInGroup(0)
                                .setText("x")
                                .setTokenIds(List.of(1))
                                .setLogProbability(-1)
                                .setPolicyVersion(version)
                                .setFinishReason(FinishReason.STOP)
                                .setSampledAt(Instant.EPOCH)
                                .setReward(reward)
                                .setScores(List.of())
                                .build())
                        .toList())
                .setClosedBy(ClosedBy.COMPLETE)
                .setMissing(List.of())
                .setStatistics(List.of())
                .setClosedAt(Instant.EPOCH)
                .build();
    }

    private static Prompt prompt(String id) {
        return Prompt.newBuilder()
                .setPromptId(id)
                .setTask("t")
                .setSplit("held-out")
                .setText(id)
                .setMessages(null)
                .setCreatedAt(Instant.EPOCH)
                .build();
    }
}
