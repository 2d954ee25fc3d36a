package io.counterflow.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProgramTaskTest {

    private final ProgramTask task = new ProgramTask(
            ProgramTask.Base.LARGER,
            List.of(
                    new ProgramTask.Modifier(ProgramTask.Operator.TIMES, 3),
                    new ProgramTask.Modifier(ProgramTask.Operator.MINUS, 2)));

    @Test
    void aTaskIsDescribedAndProgrammed() {
        assertThat(task.prompt()).isEqualTo("the larger of a and b , times 3 , minus 2 :");
        assertThat(task.program()).isEqualTo("( ( ( max ( a , b ) ) * 3 ) - 2 ) ;");
        assertThat(task.value(7, 3)).isEqualTo(19);
    }

    @Test
    void thereAre4800DifferentTasksAndTheirWordsAreInTheVocabulary() {
        List<ProgramTask> all = ProgramTask.all(new Random(1));
        assertThat(all).hasSize(4800).doesNotHaveDuplicates();
        Set<String> used = new HashSet<>();
        all.forEach(t -> used.addAll(List.of((t.prompt() + " " + t.program()).split(" "))));
        assertThat(ProgramTask.words()).containsExactlyInAnyOrderElementsOf(used);
        assertThat(ProgramTask.words().size() + 3).as("with <pad>, <s>, </s>").isEqualTo(41);
    }

    @Test
    void theOrderOfTasksDependsOnTheSeedAlone() {
        assertThat(ProgramTask.all(new Random(1)))
                .isEqualTo(ProgramTask.all(new Random(1)))
                .isNotEqualTo(ProgramTask.all(new Random(2)));
    }

    @Test
    void noiseLeavesAProgramRightAsOftenAsItShould() {
        assertThat(task.noisyProgram(0, new Random(3))).isEqualTo(task.program());
        Random random = new Random(3);
        long right = java.util.stream.IntStream.range(0, 20_000)
                .filter(i -> task.noisyProgram(0.35, random).equals(task.program()))
                .count();
        double base = 0.65 + 0.35 / 8;
        double operator = 0.65 + 0.35 / 3;
        double constant = 0.65 + 0.35 / 8;
        assertThat(right / 20_000.0)
                .isCloseTo(base * Math.pow(operator * constant, 2), org.assertj.core.data.Offset.offset(0.01));
    }
}
