package io.counterflow.scorer.assembler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.log.Log;
import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.MissingMember;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoreStatistics;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.Samples;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.recipe.RewardCheck;
import io.counterflow.scorer.recipe.Term;
import io.counterflow.scorer.recipe.Term.Use;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AssemblerTopologyTest {

    private static final Duration WAIT = Duration.ofMinutes(5);

    @TempDir
    Path state;

    private final Log log = Samples.logWithoutBroker();
    private TopologyTestDriver driver;
    private TestOutputTopic<String, ScoredGroup> groups;
    private TestOutputTopic<String, DeadLetter> deadLetters;

    @BeforeEach
    void start() {
        start(new Recipe("r", List.of(Term.of("tests")), WAIT, null));
    }

    private void start(Recipe recipe) {
        if (driver != null) {
            driver.close();
        }
        AssemblerConfig config = new AssemblerConfig(recipe, null, null, null);
        driver = new TopologyTestDriver(
                new AssemblerTopology(log, config, AssemblerListener.NONE).build(),
                Samples.properties("assembler", state),
                Samples.START);
        groups = Samples.output(driver, log, "scored-groups", ScoredGroup.class);
        deadLetters = Samples.output(driver, log, "dead-letters", DeadLetter.class);
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    private void arrive(SpecificRecord record) {
        if (record instanceof Completion completion) {
            Samples.<Completion>input(driver, log, "completions").pipeInput(completion.getPromptId(), completion);
        } else if (record instanceof Score score) {
            Samples.<Score>input(driver, log, "scores").pipeInput(score.getPromptId(), score);
        }
    }

    private void pass(Duration time) {
        driver.advanceWallClockTime(time);
    }

    @Test
    void aGroupIsClosedWhenEveryCompletionHasItsOutcome() {
        Completion a = Samples.completion("p", 0, 2);
        Completion b = Samples.completion("p", 1, 2);
        arrive(a);
        arrive(b);
        arrive(Samples.score(b, "tests", 0.25));
        assertThat(groups.isEmpty()).isTrue();
        arrive(Samples.score(a, "tests", 1.0));

        ScoredGroup group = groups.readValue();
        assertThat(group.getClosedBy()).isEqualTo(ClosedBy.COMPLETE);
        assertThat(group.getGroupId()).isEqualTo(a.getGroupId());
        assertThat(group.getRecipe()).isEqualTo("r");
        assertThat(group.getPromptTokenIds()).isEqualTo(a.getPromptTokenIds());
        assertThat(group.getMembers()).extracting(GroupMember::getReward).containsExactly(1.0, 0.25);
        assertThat(group.getMembers()).extracting(GroupMember::getIndexInGroup).containsExactly(0, 1);
        assertThat(group.getMembers().get(0).getScores()).containsExactly(Samples.score(a, "tests", 1.0));
        assertThat(group.getMembers().get(0).getTokenLogProbabilities()).isEqualTo(a.getTokenLogProbabilities());
        assertThat(group.getMissing()).isEmpty();
    }

    @Test
    void theRecordIsTheSameInWhateverOrderThingsArrive() {
        List<SpecificRecord> records = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Completion completion = Samples.completion("p", i, 4);
            records.add(completion);
            records.add(Samples.score(completion, "tests", i / 4.0));
        }
        List<ScoredGroup> seen = new ArrayList<>();
        for (long seed = 0; seed < 8; seed++) {
            start();
            List<SpecificRecord> shuffled = new ArrayList<>(records);
            Collections.shuffle(shuffled, new Random(seed));
            shuffled.forEach(this::arrive);
            seen.addAll(groups.readValuesToList());
        }
        assertThat(seen).hasSize(8);
        assertThat(seen).containsOnly(seen.get(0));
    }

    @Test
    void whatComesTwiceCountsOnceAndAClosedGroupStaysClosed() {
        Completion a = Samples.completion("p", 0, 2);
        Completion b = Samples.completion("p", 1, 2);
        for (int i = 0; i < 2; i++) {
            arrive(a);
            arrive(Samples.score(a, "tests", 1.0));
        }
        arrive(b);
        arrive(Samples.score(b, "tests", 0.0));
        assertThat(groups.readValuesToList()).hasSize(1);

        pass(Duration.ofDays(2));
        for (Completion late : List.of(a, b)) {
            arrive(late);
            arrive(Samples.score(late, "tests", 0.5));
        }
        pass(WAIT.plusSeconds(2));
        assertThat(groups.isEmpty()).isTrue();
        assertThat(deadLetters.isEmpty()).isTrue();
        assertThat(driver.getKeyValueStore(AssemblerProcessor.MEMBERS).all().hasNext())
                .isFalse();
        assertThat(driver.getKeyValueStore(AssemblerProcessor.OUTCOMES).all().hasNext())
                .isFalse();
    }

    @Test
    void theTimeLimitClosesAGroupWithTheScoresThereAre() {
        Completion a = Samples.completion("p", 0, 4);
        Completion b = Samples.completion("p", 1, 4);
        Completion c = Samples.completion("p", 2, 4);
        arrive(a);
        arrive(b);
        arrive(c);
        arrive(Samples.score(a, "tests", 1.0));
        arrive(Samples.score(b, "tests", 0.0));
        pass(WAIT.minusSeconds(2));
        assertThat(groups.isEmpty()).isTrue();
        pass(Duration.ofSeconds(4));

        ScoredGroup group = groups.readValue();
        assertThat(group.getClosedBy()).isEqualTo(ClosedBy.TIME_LIMIT);
        assertThat(group.getMembers()).extracting(GroupMember::getIndexInGroup).containsExactly(0, 1);
        assertThat(group.getMissing())
                .extracting(MissingMember::getIndexInGroup, MissingMember::getCause)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(2, "tests@1 said nothing within PT5M"),
                        org.assertj.core.groups.Tuple.tuple(3, "the completion did not arrive within PT5M"));
    }

    @Test
    void aFailedScoreIsNoZeroAndTwoMembersAreEnough() {
        for (int i = 0; i < 3; i++) {
            Completion completion = Samples.completion("p", i, 3);
            arrive(completion);
            arrive(Samples.score(completion, "tests", i == 1 ? null : (Double) 0.5));
        }
        ScoredGroup group = groups.readValue();
        assertThat(group.getClosedBy()).isEqualTo(ClosedBy.COMPLETE);
        assertThat(group.getMembers()).extracting(GroupMember::getIndexInGroup).containsExactly(0, 2);
        assertThat(group.getMissing())
                .extracting(MissingMember::getCause)
                .containsExactly("tests@1 FAILED: out of order");
    }

    @Test
    void aGroupWithOneScoreGoesToTheDeadLettersWithEveryCause() {
        Completion a = Samples.completion("p", 0, 2);
        Completion b = Samples.completion("p", 1, 2);
        arrive(a);
        arrive(b);
        arrive(Samples.score(a, "tests", 1.0));
        arrive(Samples.score(b, "tests", null));
        assertThat(groups.isEmpty()).isTrue();
        DeadLetter letter = deadLetters.readValue();
        assertThat(letter.getComponent()).isEqualTo("assembler/r");
        assertThat(letter.getCause())
                .isEqualTo(
                        "1 of 2 completions have a reward, 2 are needed: completion 1: tests@1 FAILED: out of order");
        byte[] value = new byte[letter.getValue().remaining()];
        letter.getValue().get(value);
        assertThat(log.deserializer(ScoredGroup.class)
                        .deserialize("scored-groups", value)
                        .getMembers())
                .hasSize(1);
    }

    @Test
    void aScoreThatIsNotFiniteIsNoScore() {
        for (int i = 0; i < 3; i++) {
            Completion completion = Samples.completion("p", i, 3);
            arrive(completion);
            arrive(Samples.score(completion, "tests", i == 2 ? Double.NaN : i));
        }
        ScoredGroup group = groups.readValue();
        assertThat(group.getMembers()).extracting(GroupMember::getReward).containsExactly(0.0, 1.0);
        assertThat(group.getMissing())
                .extracting(MissingMember::getCause)
                .containsExactly("tests@1 gave NaN, which is not finite");
    }

    @Test
    void oneMemberIsEnoughForAnEvaluation() {
        Completion a = Samples.completion("p", 0, 1, Purpose.EVALUATION);
        arrive(a);
        arrive(Samples.score(a, "tests", 1.0));
        assertThat(groups.readValue().getPurpose()).isEqualTo(Purpose.EVALUATION);
    }

    @Test
    void aFailureMakesRoomForALaterScoreWhileTheGroupIsOpen() {
        Completion a = Samples.completion("p", 0, 2);
        Completion b = Samples.completion("p", 1, 2);
        arrive(a);
        arrive(Samples.score(a, "tests", null));
        arrive(Samples.score(a, "tests", 0.75));
        arrive(Samples.score(a, "tests", null));
        arrive(b);
        arrive(Samples.score(b, "tests", 0.0));
        assertThat(groups.readValue().getMembers())
                .extracting(GroupMember::getReward)
                .containsExactly(0.75, 0.0);
    }

    @Test
    void termsAreAddedOptionalOnesReplacedAndShadowsRecordedOnly() {
        start(new Recipe(
                "mixed",
                List.of(
                        Term.of("tests"),
                        new Term("length", "1", -0.5, List.of(0.0, 2.0), null, null, null, null),
                        new Term("judge", "1", 1.0, null, null, Use.OPTIONAL, 0.125, null),
                        new Term("next", "1", null, null, null, Use.SHADOW, null, null)),
                WAIT,
                null));
        Completion a = Samples.completion("p", 0, 2);
        Completion b = Samples.completion("p", 1, 2);
        for (Completion completion : List.of(a, b)) {
            arrive(completion);
            arrive(Samples.score(completion, "other", 9.0));
            arrive(Samples.score(completion, "tests", 1.0));
            arrive(Samples.score(completion, "length", 5.0));
        }
        arrive(Samples.score(a, "next", 3.0));
        arrive(Samples.score(a, "judge", 2.0));
        assertThat(groups.isEmpty()).isTrue();
        arrive(Samples.score(b, "judge", null));

        ScoredGroup group = groups.readValue();
        assertThat(group.getMembers()).extracting(GroupMember::getReward).containsExactly(2.0, 0.125);
        assertThat(group.getMembers().get(0).getScores())
                .extracting(Score::getScorer)
                .containsExactly("judge", "length", "next", "tests");
    }

    /** numpy: the standardised values of [1, 2] and of [1, 2, 4, 0], the latter's last two. */
    @Test
    void valuesAreStandardisedByAllOfTheLogSoFarAndTheGroupRecordsByWhat() {
        start(new Recipe("z", List.of(new Term("tests", null, null, null, null, null, null, true)), WAIT, null));
        ScoredGroup first = scored("p", Purpose.TRAINING, 1.0, 2.0);
        assertThat(first.getMembers()).extracting(GroupMember::getReward).containsExactly(-1.0, 1.0);

        // An evaluation is measured like its neighbours and moves nothing.
        assertThat(scored("held out", Purpose.EVALUATION, 100.0, 200.0)
                        .getStatistics()
                        .get(0)
                        .getCount())
                .isEqualTo(4);

        ScoredGroup second = scored("q", Purpose.TRAINING, 4.0, 0.0);
        assertThat(second.getStatistics()).singleElement().isEqualTo(new ScoreStatistics("tests", "1", 4L, 1.75, 8.75));
        assertThat(second.getMembers().get(0).getReward()).isCloseTo(1.5212776585113298, within(1e-12));
        assertThat(second.getMembers().get(1).getReward()).isCloseTo(-1.1832159566199232, within(1e-12));
        assertThat(second.getMembers().get(0).getScores())
                .extracting(Score::getValue)
                .containsExactly(4.0);
        assertThat(RewardCheck.faults(second)).isEmpty();
        GroupMember other = GroupMember.newBuilder(second.getMembers().get(1))
                .setReward(0.25)
                .build();
        ScoredGroup tampered = ScoredGroup.newBuilder(second)
                .setMembers(List.of(second.getMembers().get(0), other))
                .build();
        assertThat(RewardCheck.faults(tampered)).singleElement().asString().contains("its reward is 0.25");
    }

    @Test
    void aRecipeMayGiveUpAGroupThatLacksAScore() {
        start(new Recipe("strict", List.of(Term.of("tests")), WAIT, Recipe.Incomplete.GIVE_UP));
        for (int i = 0; i < 3; i++) {
            Completion completion = Samples.completion("p", i, 3);
            arrive(completion);
            arrive(Samples.score(completion, "tests", i == 1 ? null : (Double) 0.5));
        }
        assertThat(groups.isEmpty()).isTrue();
        assertThat(deadLetters.readValue().getCause()).startsWith("2 of 3 completions have a reward, 3 are needed");
    }

    private ScoredGroup scored(String prompt, Purpose purpose, double... values) {
        for (int i = 0; i < values.length; i++) {
            Completion completion = Samples.completion(prompt, i, values.length, purpose);
            arrive(completion);
            arrive(Samples.score(completion, "tests", values[i]));
        }
        return groups.readValue();
    }
}
