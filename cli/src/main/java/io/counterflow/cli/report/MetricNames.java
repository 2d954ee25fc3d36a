package io.counterflow.cli.report;

/** The metrics of a ledger entry that a report shows. */
final class MetricNames {

    static final String REWARD = "reward.mean";
    static final String KL = "kl.reference";
    static final String LOG_RATIO = "h.mean";
    static final String COMPLETIONS = "completions";

    private MetricNames() {}
}
