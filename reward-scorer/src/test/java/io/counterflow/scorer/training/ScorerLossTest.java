package io.counterflow.scorer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ScorerLossTest {

    private static final double STEP = 1e-2;

    @Test
    void bradleyTerryOfKnownMargins() {
        BradleyTerry loss = new BradleyTerry();
        // -ln σ(2) and -ln σ(-2), to double precision.
        assertThat(loss.value(new float[][] {{3}, {1}}, 0)).isCloseTo(0.12692801104297263, within(1e-12));
        assertThat(loss.value(new float[][] {{1}, {3}}, 0)).isCloseTo(2.1269280110429727, within(1e-12));
        assertThat(loss.value(new float[][] {{0}, {0}}, 0)).isCloseTo(Math.log(2), within(1e-12));
        assertThat(loss.value(new float[][] {{-500}, {500}}, 0)).isEqualTo(1000);
        assertThat(loss.gradient(new float[][] {{-500}, {500}}, 0)).isDeepEqualTo(new float[][] {{-1}, {1}});
    }

    @Test
    void crossEntropyOfKnownLogits() {
        CrossEntropy loss = new CrossEntropy();
        // torch.nn.functional.cross_entropy(torch.tensor([[1., 2., 3.]]), torch.tensor([0]))
        assertThat(loss.value(new float[][] {{1, 2, 3}}, 0)).isCloseTo(2.4076059644443806, within(1e-12));
        assertThat(loss.value(new float[][] {{1000, 0, 0}}, 1)).isEqualTo(1000);
    }

    @Test
    void gradientsAreThoseOfFiniteDifferences() {
        long seed = 11;
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            check(new BradleyTerry(), random(2, 1, random), 0, seed);
            check(new CrossEntropy(), random(1, 3, random), random.nextInt(3), seed);
        }
    }

    private static void check(ScorerLoss loss, float[][] logits, int target, long seed) {
        float[][] gradient = loss.gradient(logits, target);
        for (int i = 0; i < logits.length; i++) {
            for (int k = 0; k < logits[i].length; k++) {
                float at = logits[i][k];
                float above = (float) (at + STEP);
                float below = (float) (at - STEP);
                logits[i][k] = above;
                double up = loss.value(logits, target);
                logits[i][k] = below;
                double down = loss.value(logits, target);
                logits[i][k] = at;
                assertThat((double) gradient[i][k])
                        .as("%s, seed %d", loss, seed)
                        .isCloseTo((up - down) / ((double) above - below), within(1e-4));
            }
        }
    }

    private static float[][] random(int rows, int columns, Random random) {
        float[][] logits = new float[rows][columns];
        for (float[] row : logits) {
            for (int k = 0; k < columns; k++) {
                row[k] = (float) (3 * random.nextGaussian());
            }
        }
        return logits;
    }
}
