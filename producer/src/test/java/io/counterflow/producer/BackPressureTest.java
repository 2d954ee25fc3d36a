package io.counterflow.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BackPressureTest {

    private static final Instant START = Instant.EPOCH;

    private final BackPressure pressure = new BackPressure(new BackPressureConfig(10, 4, Duration.ofSeconds(60), null));

    @Test
    void aPauseBeginsAtTheUpperLimitAndEndsAtTheLowerOne() {
        assertThat(pressure.allows(9, START)).isTrue();
        assertThat(pressure.allows(10, START)).isFalse();
        assertThat(pressure.allows(9, START)).isFalse();
        assertThat(pressure.allows(5, START)).isFalse();
        assertThat(pressure.allows(4, START)).isTrue();
        assertThat(pressure.allows(9, START)).isTrue();
    }

    @Test
    void aQuietTrainerIsGivenOneMoreBatchAfterEverLongerTimes() {
        assertThat(pressure.allows(10, START)).isFalse();
        assertThat(pressure.allows(10, START.plusSeconds(59))).isFalse();
        assertThat(pressure.allows(10, START.plusSeconds(60))).isTrue();
        assertThat(pressure.allows(12, START.plusSeconds(61))).isFalse();
        assertThat(pressure.allows(12, START.plusSeconds(179))).isFalse();
        assertThat(pressure.allows(12, START.plusSeconds(180))).isTrue();
    }

    @Test
    void aTrainerThatComesOnIsWaitedForFromThenOn() {
        assertThat(pressure.allows(10, START)).isFalse();
        pressure.trained();
        assertThat(pressure.allows(10, START.plusSeconds(60))).isFalse();
        assertThat(pressure.allows(10, START.plusSeconds(119))).isFalse();
        assertThat(pressure.allows(10, START.plusSeconds(120))).isTrue();
    }

    @Test
    void withoutALimitThereIsNoPause() {
        assertThat(new BackPressure(BackPressureConfig.none()).allows(1_000_000, START))
                .isTrue();
    }

    @Test
    void samplesThatWouldBeTooStaleAreNotTaken() {
        BackPressure fresh = new BackPressure(new BackPressureConfig(10, 4, Duration.ofSeconds(60), 2));

        assertThat(fresh.allows(3, 2, START)).isTrue();
        assertThat(fresh.allows(3, 3, START)).isFalse();
        assertThat(fresh.allows(3, 3, START.plusSeconds(60)))
                .as("one more, should the trainer wait for groups that failed")
                .isTrue();
        assertThat(fresh.allows(3, 2, START.plusSeconds(61))).isTrue();
        assertThat(pressure.allows(3, 1_000_000, START)).as("without a limit").isTrue();
    }

    @Test
    void aLimitOfStalenessNeedsToKnowWhatWaits() {
        assertThatThrownBy(() -> new BackPressureConfig(0, 0, null, 3))
                .hasMessageContaining("maxStaleness is 3")
                .hasMessageContaining("needs a stopAbove");
    }

    @Test
    void limitsThatCrossAreRefused() {
        assertThatThrownBy(() -> new BackPressureConfig(10, 10, null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("resumeBelow is 10, must be 0 or more and below stopAbove, which is 10");
    }
}
