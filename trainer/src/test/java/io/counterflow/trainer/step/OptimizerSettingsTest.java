package io.counterflow.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.trainer.step.OptimizerSettings.Decay;
import org.junit.jupiter.api.Test;

class OptimizerSettingsTest {

    @Test
    void theRateRisesToItsPeakAndFallsTowardsNothing() {
        OptimizerSettings cosine = new OptimizerSettings(1e-3, 10, Decay.COSINE, null, null, null, null, null);
        OptimizerSettings linear = new OptimizerSettings(1e-3, 10, Decay.LINEAR, null, null, null, null, null);

        assertThat(cosine.learningRateAt(1, 100)).isCloseTo(1e-4, within(1e-12));
        assertThat(cosine.learningRateAt(10, 100)).isCloseTo(1e-3, within(1e-12));
        assertThat(linear.learningRateAt(100, 100)).isPositive().isLessThan(2e-5);
        assertThat(cosine.learningRateAt(100, 100)).isPositive().isLessThan(1e-6);
        for (int step = 11; step < 100; step++) {
            assertThat(cosine.learningRateAt(step + 1, 100)).isLessThan(cosine.learningRateAt(step, 100));
        }
    }

    @Test
    void aConstantRateNeedsNoEnd() {
        assertThat(OptimizerSettings.constant(2e-4).learningRateAt(12345, Long.MAX_VALUE))
                .isEqualTo(2e-4);
    }

    @Test
    void impossibleSettingsAreRefused() {
        assertThatThrownBy(() -> OptimizerSettings.constant(0)).hasMessageContaining("learningRate is 0.0");
        assertThatThrownBy(() -> Decay.fromConfigName("step")).hasMessageContaining("constant, linear, cosine");
    }
}
