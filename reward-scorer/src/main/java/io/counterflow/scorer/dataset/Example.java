package io.counterflow.scorer.dataset;

/** One line of a data set. */
public sealed interface Example permits PreferencePair, LabelledText, NliPair {

    /** What this example shares with others that would give its answer away: its prompt or premise. One group is never divided. */
    String group();
}
