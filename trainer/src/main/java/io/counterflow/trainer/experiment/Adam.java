package io.counterflow.trainer.experiment;

/** Adam (arXiv 1412.6980, Algorithm 1) with its usual constants. Not thread-safe. */
final class Adam {

    private static final double DECAY_OF_MEAN = 0.9;
    private static final double DECAY_OF_SQUARE = 0.999;
    private static final double EPSILON = 1e-8;

    private final double learningRate;
    private final double[] mean;
    private final double[] square;
    private double meanCorrection = 1;
    private double squareCorrection = 1;

    Adam(int parameters, double learningRate) {
        this.learningRate = learningRate;
        this.mean = new double[parameters];
        this.square = new double[parameters];
    }

    /** Moves the parameters, in place, against the gradient. */
    void step(double[] parameters, double[] gradient) {
        meanCorrection *= DECAY_OF_MEAN;
        squareCorrection *= DECAY_OF_SQUARE;
        for (int i = 0; i < parameters.length; i++) {
            mean[i] = DECAY_OF_MEAN * mean[i] + (1 - DECAY_OF_MEAN) * gradient[i];
            square[i] = DECAY_OF_SQUARE * square[i] + (1 - DECAY_OF_SQUARE) * gradient[i] * gradient[i];
            double correctedMean = mean[i] / (1 - meanCorrection);
            double correctedSquare = square[i] / (1 - squareCorrection);
            parameters[i] -= learningRate * correctedMean / (Math.sqrt(correctedSquare) + EPSILON);
        }
    }
}
