package io.counterflow.cli.policy;

import io.counterflow.trainer.likelihood.LikelihoodSettings;
import io.counterflow.trainer.step.OptimizerSettings;
import picocli.CommandLine.Option;

/** How a policy is fitted: how long, in which steps, at which learning rate. */
final class LikelihoodOptions {

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "1",
            description = "Passes over the data (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(names = "--steps", paramLabel = "N", description = "End after this many optimizer steps.")
    private long steps;

    @Option(
            names = "--batch",
            paramLabel = "LINES",
            defaultValue = "32",
            description = "Lines of a step (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--micro-batch",
            paramLabel = "LINES",
            defaultValue = "8",
            description =
                    "Lines that go through the model at a time; fewer need less memory (default: ${DEFAULT-VALUE}).")
    private int microBatch;

    @Option(
            names = "--learning-rate",
            paramLabel = "RATE",
            defaultValue = "1e-4",
            description = "Largest learning rate (default: ${DEFAULT-VALUE}).")
    private double learningRate;

    @Option(
            names = "--warmup-steps",
            paramLabel = "STEPS",
            defaultValue = "10",
            description = "Steps over which the learning rate rises (default: ${DEFAULT-VALUE}).")
    private int warmupSteps;

    @Option(
            names = "--decay",
            paramLabel = "CURVE",
            defaultValue = "COSINE",
            description = "What it does afterwards: CONSTANT, LINEAR, COSINE (default: ${DEFAULT-VALUE}).")
    private OptimizerSettings.Decay decay;

    @Option(
            names = "--weight-decay",
            paramLabel = "DECAY",
            defaultValue = "0",
            description = "AdamW's weight decay (default: ${DEFAULT-VALUE}).")
    private double weightDecay;

    @Option(names = "--no-shuffle", description = "Keep the order of the lines: an easy beginning stays the beginning.")
    private boolean noShuffle;

    @Option(
            names = "--evaluate-every",
            paramLabel = "STEPS",
            defaultValue = "0",
            description = "Steps between evaluations.")
    private long evaluateEvery;

    @Option(
            names = "--save-every",
            paramLabel = "STEPS",
            defaultValue = "100",
            description = "Steps between checkpoints to go on from (default: ${DEFAULT-VALUE}).")
    private long saveEvery;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "1",
            description = "Seed of everything random (default: ${DEFAULT-VALUE}).")
    private long seed;

    long seed() {
        return seed;
    }

    LikelihoodSettings settings() {
        return new LikelihoodSettings(
                epochs,
                steps,
                batch,
                microBatch,
                !noShuffle,
                evaluateEvery,
                saveEvery,
                new OptimizerSettings(learningRate, warmupSteps, decay, null, null, null, weightDecay, null),
                seed);
    }
}
