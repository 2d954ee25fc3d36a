package io.counterflow.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient that an objective returns against central differences of its loss. */
class FiniteDifferencesTest {

    private static final long SEED = 41;
    private static final double STEP = 1e-5;

    static Stream<Objective> objectives() {
        return Stream.of(
                new Copg(0.3),
                new LengthNormalisedCopg(0.3),
                new Ipo(0.3, false),
                new Ipo(0.3, true),
                new Dpo(0.3),
                new Rloo(0.3, 0.2),
                new Grpo(0.04, 0.2),
                new DrGrpo(0.04, 0.2),
                new Rebel(1.3, 0.05),
                new Agro(0.3, false),
                new Likelihood(Likelihood.Chosen.BEST),
                new WithLikelihood(new Copg(0.3), 0.1, new Likelihood(Likelihood.Chosen.ALL)));
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void theGradientIsTheDerivativeOfTheLoss(Objective objective) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int k = 2; k <= 5; k++) {
            List<ScoredCompletion> group = Samples.group(random, k);
            assertDerivative(
                    objective, group, changed -> objective.evaluate(changed).loss());
        }
    }

    /** Where the formula stops a gradient, the stopped terms are taken from the group as it was. */
    static Stream<Arguments> stopped() {
        return Stream.of(
                Arguments.of(new PolicyGradient(0.3, Baseline.none()), weightedByAdvantage(0.3, 0)),
                Arguments.of(new Rloo(0.3, null), weightedByLeaveOneOut(0.3)),
                Arguments.of(new Dro(0.3), regressionOnTheOthers(0.3)));
    }

    @ParameterizedTest
    @MethodSource("stopped")
    void theGradientIsTheDerivativeOfTheLossWithStoppedTermsHeld(Objective objective, Surrogate surrogate) {
        List<ScoredCompletion> group = Samples.group(new SplittableRandom(SEED), 4);

        assertThat(surrogate.loss(group, group))
                .isCloseTo(objective.evaluate(group).loss(), within(1e-10));
        assertDerivative(objective, group, changed -> surrogate.loss(group, changed));
    }

    /** A loss of a changed group whose stopped terms come from another one. */
    interface Surrogate {
        double loss(List<ScoredCompletion> held, List<ScoredCompletion> changed);
    }

    private static Surrogate weightedByAdvantage(double beta, double baseline) {
        return (held, changed) -> {
            double loss = 0;
            for (int i = 0; i < held.size(); i++) {
                loss -= (held.get(i).regularisedReward(beta) - baseline)
                        * changed.get(i).policy().sum();
            }
            return loss;
        };
    }

    private static Surrogate weightedByLeaveOneOut(double beta) {
        return (held, changed) -> {
            double loss = 0;
            for (int i = 0; i < held.size(); i++) {
                loss -= (held.get(i).regularisedReward(beta) - others(held, i, beta))
                        * changed.get(i).policy().sum();
            }
            return loss;
        };
    }

    private static Surrogate regressionOnTheOthers(double beta) {
        return (held, changed) -> {
            double loss = 0;
            for (int i = 0; i < held.size(); i++) {
                double residual = changed.get(i).regularisedReward(beta) - others(held, i, beta);
                loss += residual * residual / 2 / held.size();
            }
            return loss;
        };
    }

    private static double others(List<ScoredCompletion> group, int i, double beta) {
        double sum = 0;
        for (int j = 0; j < group.size(); j++) {
            sum += j == i ? 0 : group.get(j).regularisedReward(beta);
        }
        return sum / (group.size() - 1);
    }

    private static void assertDerivative(
            Objective objective, List<ScoredCompletion> group, ToDoubleFunction<List<ScoredCompletion>> loss) {
        GroupLoss evaluated = objective.evaluate(group);
        for (int i = 0; i < group.size(); i++) {
            for (int t = 0; t < group.get(i).length(); t++) {
                double up = loss.applyAsDouble(changed(group, i, t, STEP));
                double down = loss.applyAsDouble(changed(group, i, t, -STEP));
                assertThat(evaluated.gradient()[i][t])
                        .as("%s, completion %d of %d, token %d", objective, i, group.size(), t)
                        .isCloseTo((up - down) / (2 * STEP), within(1e-7));
            }
        }
    }

    private static List<ScoredCompletion> changed(List<ScoredCompletion> group, int i, int token, double change) {
        List<ScoredCompletion> copy = new ArrayList<>(group);
        copy.set(i, Samples.withPolicyToken(copy.get(i), token, change));
        return copy;
    }
}
