package io.counterflow.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateScheduleTest {

    @Test
    void theRateRisesOverTheWarmUpAndFallsToNothingAfterTheLastStep() {
        LearningRateSchedule schedule = new LearningRateSchedule(1, 4, 104);

        assertThat(schedule.rate(0)).isEqualTo(0.25);
        assertThat(schedule.rate(3)).isEqualTo(1);
        assertThat(schedule.rate(4)).as("the step after the warm-up").isEqualTo(1);
        assertThat(schedule.rate(54)).isCloseTo(0.5, within(1e-12));
        assertThat(schedule.rate(103)).isCloseTo(0.01, within(1e-12));
        assertThat(schedule.rate(104)).isZero();
        assertThat(schedule.rate(1000)).isZero();
    }

    @Test
    void withoutAWarmUpTheFirstStepIsAtThePeak() {
        assertThat(new LearningRateSchedule(1e-3, 0, 100).rate(0)).isEqualTo(1e-3);
        assertThat(new LearningRateSchedule(1e-3, 0, 100).rate(99)).isCloseTo(1e-5, within(1e-15));
    }

    @Test
    void impossibleSettingsAreRefused() {
        assertThatThrownBy(() -> new LearningRateSchedule(0, 0, 10)).hasMessageContaining("above 0");
        assertThatThrownBy(() -> new LearningRateSchedule(1, 11, 10)).hasMessageContaining("11");
    }
}
