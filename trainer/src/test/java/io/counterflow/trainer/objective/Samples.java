package io.counterflow.trainer.objective;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random groups for the identities: every log-probability known token by token. */
final class Samples {

    private Samples() {}

    static List<ScoredCompletion> group(SplittableRandom random, int k) {
        List<ScoredCompletion> group = new ArrayList<>();
        for (int i = 0; i < k; i++) {
            int length = random.nextInt(1, 7);
            double[] policy = tokens(random, length);
            group.add(new ScoredCompletion(
                    random.nextDouble(-2, 2),
                    LogProbability.ofTokens(policy),
                    LogProbability.ofTokens(near(random, policy)),
                    LogProbability.ofTokens(near(random, policy))));
        }
        return group;
    }

    static ScoredCompletion withReward(ScoredCompletion completion, double reward) {
        return new ScoredCompletion(reward, completion.policy(), completion.reference(), completion.behaviour());
    }

    static ScoredCompletion withPolicyToken(ScoredCompletion completion, int token, double change) {
        double[] tokens = completion.policy().tokens().clone();
        tokens[token] += change;
        return new ScoredCompletion(
                completion.reward(), LogProbability.ofTokens(tokens), completion.reference(), completion.behaviour());
    }

    /** A one-token completion, as in a bandit. */
    static ScoredCompletion arm(double reward, double policy, double reference) {
        return new ScoredCompletion(reward, LogProbability.ofTokens(policy), LogProbability.ofTokens(reference), null);
    }

    private static double[] tokens(SplittableRandom random, int length) {
        double[] tokens = new double[length];
        for (int t = 0; t < length; t++) {
            tokens[t] = -random.nextDouble(0.1, 4);
        }
        return tokens;
    }

    private static double[] near(SplittableRandom random, double[] tokens) {
        double[] other = tokens.clone();
        for (int t = 0; t < other.length; t++) {
            other[t] += random.nextDouble(-0.4, 0.4);
        }
        return other;
    }
}
