package io.counterflow.trainer.experiment;

import io.counterflow.trainer.experiment.Bandit.Pair;
import io.counterflow.trainer.objective.GroupLoss;
import io.counterflow.trainer.objective.LogProbability;
import io.counterflow.trainer.objective.Objective;
import io.counterflow.trainer.objective.ScoredCompletion;
import io.counterflow.trainer.order.SeededOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Figure 1 of CoPG (arXiv 2406.19185, section 5): regret by epoch on off-policy pairs of a three-armed bandit, by Adam.
 *
 * <p>An arm is a completion of one token. What the paper leaves open is chosen so: the policy starts at the reference,
 * IPO has the bandit's beta, the last batch of an epoch is the partial one, pairs are shuffled anew every epoch.
 * Immutable; may be used from several threads.
 *
 * @param parametrisation what the policy's parameters are
 * @param pairs how many are drawn, once for each seed
 * @param batch pairs an update
 * @param epochs passes over the pairs
 * @param learningRate Adam's
 */
public record BanditExperiment(Parametrisation parametrisation, int pairs, int batch, int epochs, double learningRate) {

    private static final Bandit BANDIT = Bandit.ofThePaper();

    public BanditExperiment {
        Objects.requireNonNull(parametrisation, "parametrisation");
        atLeastOne("pairs", pairs);
        atLeastOne("batch", batch);
        atLeastOne("epochs", epochs);
        if (!(learningRate > 0)) {
            throw new IllegalArgumentException("learningRate is " + learningRate + "; it must be positive");
        }
    }

    /** With the paper's 10^4 pairs, batches of 512, 100 epochs and learning rate 1e-3. */
    public static BanditExperiment ofThePaper(Parametrisation parametrisation) {
        return new BanditExperiment(parametrisation, 10_000, 512, 100, 1e-3);
    }

    public BanditExperiment withEpochs(int epochs) {
        return new BanditExperiment(parametrisation, pairs, batch, epochs, learningRate);
    }

    /** Is told of every curve that is done; called from several threads at once. */
    @FunctionalInterface
    public interface Listener {
        void trained(Curve curve);
    }

    /**
     * Every algorithm with the seeds 1 to n, on all processors.
     *
     * @return by algorithm in the order of the enum, then by seed
     */
    public List<Curve> run(int seeds, Listener listener) {
        atLeastOne("seeds", seeds);
        int algorithms = Algorithm.values().length;
        return LongStream.range(0, (long) algorithms * seeds)
                .parallel()
                .mapToObj(i -> {
                    Curve curve = train(Algorithm.values()[(int) (i / seeds)], 1 + i % seeds);
                    listener.trained(curve);
                    return curve;
                })
                .toList();
    }

    /** One algorithm with one seed, on this thread. */
    public Curve train(Algorithm algorithm, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] drawn = BANDIT.draw(pairs, random.split());
        PolicyParameters policy = parametrisation.initialise(BANDIT.arms(), random.split());
        Adam adam = new Adam(policy.values().length, learningRate);
        double[] regret = new double[epochs + 1];
        regret[0] = BANDIT.regret(Softmax.probabilities(policy.logits()));
        for (int epoch = 1; epoch <= epochs; epoch++) {
            SeededOrder.shuffle(drawn, random);
            for (int from = 0; from < drawn.length; from += batch) {
                int[] chosen = Arrays.copyOfRange(drawn, from, Math.min(from + batch, drawn.length));
                adam.step(policy.values(), policy.backward(gradient(algorithm, policy.logits(), chosen)));
            }
            regret[epoch] = BANDIT.regret(Softmax.probabilities(policy.logits()));
        }
        return new Curve(algorithm, seed, regret, Softmax.probabilities(policy.logits()));
    }

    /** d (mean loss of the batch) / d logits. Equal pairs have equal losses: each kind is evaluated once. */
    private static double[] gradient(Algorithm algorithm, double[] logits, int[] batch) {
        List<Pair> kinds = BANDIT.kinds();
        int[] counts = new int[kinds.size()];
        for (int kind : batch) {
            counts[kind]++;
        }
        double[] logProbabilities = Softmax.logProbabilities(logits);
        double[] policy = Softmax.probabilities(logits);
        Objective objective = algorithm.objective(BANDIT, policy);
        double[] byArm = new double[policy.length];
        for (int kind = 0; kind < counts.length; kind++) {
            if (counts[kind] > 0) {
                Pair pair = kinds.get(kind);
                double[] rewards = algorithm.rewards(BANDIT, pair);
                GroupLoss loss = objective.evaluate(List.of(
                        completion(rewards[0], pair.first(), logProbabilities),
                        completion(rewards[1], pair.second(), logProbabilities)));
                byArm[pair.first()] += counts[kind] * loss.gradient()[0][0];
                byArm[pair.second()] += counts[kind] * loss.gradient()[1][0];
            }
        }
        double sum = Arrays.stream(byArm).sum();
        double[] gradient = new double[policy.length];
        for (int y = 0; y < gradient.length; y++) {
            // d ln softmax_z / d logit_y = 1{y = z} - pi_y
            gradient[y] = (byArm[y] - policy[y] * sum) / batch.length;
        }
        return gradient;
    }

    private static ScoredCompletion completion(double reward, int arm, double[] logProbabilities) {
        return new ScoredCompletion(
                reward,
                LogProbability.ofTokens(logProbabilities[arm]),
                LogProbability.ofTokens(StrictMath.log(BANDIT.reference()[arm])),
                null);
    }

    private static void atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value + "; at least 1 is needed");
        }
    }
}
