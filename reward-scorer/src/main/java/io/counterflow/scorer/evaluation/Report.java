package io.counterflow.scorer.evaluation;

/** What came of an evaluation. */
public sealed interface Report permits ClassificationReport, PreferenceReport {

    /** Examples that were judged. */
    int examples();

    /** Share of them that came out right. */
    double accuracy();

    /** Mean negative log-likelihood of the right answers, in nats. */
    double loss();

    /** Whether confidence is earned. */
    Calibration calibration();
}
