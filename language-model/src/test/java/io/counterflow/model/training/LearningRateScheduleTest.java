package io.counterflow.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateScheduleTest {

    @Test
    void theWarmUpRisesInAStraightLineToThePeak() {
        LearningRateSchedule schedule = LearningRateSchedule.constant(1e-3, 4);
        assertThat(schedule.rate(0)).isEqualTo(0.25e-3);
        assertThat(schedule.rate(3)).isEqualTo(1e-3);
        assertThat(schedule.rate(4)).isEqualTo(1e-3);
        assertThat(schedule.rate(1_000_000)).isEqualTo(1e-3);
        assertThat(LearningRateSchedule.constant(1e-3, 0).rate(0)).isEqualTo(1e-3);
    }

    @Test
    void theCosineIsHalfWayDownInTheMiddleAndStaysAtTheLastRate() {
        LearningRateSchedule schedule = LearningRateSchedule.cosine(1, 0.2, 10, 110);
        assertThat(schedule.rate(10)).isEqualTo(1);
        assertThat(schedule.rate(60)).isCloseTo(0.6, within(1e-12));
        assertThat(schedule.rate(110)).isCloseTo(0.2, within(1e-12));
        assertThat(schedule.rate(10_000)).isCloseTo(0.2, within(1e-12));
        for (int step = 10; step < 110; step++) {
            assertThat(schedule.rate(step + 1)).isLessThan(schedule.rate(step));
        }
    }

    @Test
    void theStraightLineReachesTheLastRate() {
        LearningRateSchedule schedule = LearningRateSchedule.linear(1, 0, 0, 100);
        assertThat(schedule.rate(25)).isCloseTo(0.75, within(1e-12));
        assertThat(schedule.rate(100)).isZero();
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThatThrownBy(() -> LearningRateSchedule.constant(0, 0)).hasMessageContaining("above 0");
        assertThatThrownBy(() -> LearningRateSchedule.cosine(1, 2, 0, 10)).hasMessageContaining("2.0");
        assertThatThrownBy(() -> LearningRateSchedule.cosine(1, 0, 11, 10)).hasMessageContaining("11");
    }
}
