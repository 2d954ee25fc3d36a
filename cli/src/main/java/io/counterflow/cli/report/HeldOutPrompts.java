package io.counterflow.cli.report;

/**
 * What became of the held-out prompts that a policy version was sampled with.
 *
 * @param sampled how many there were
 * @param scored how many have a reward
 * @param givenUp how many went to the dead letters, because none of their completions could be scored
 */
public record HeldOutPrompts(long sampled, long scored, long givenUp) {

    /** Nothing was sampled. */
    static final HeldOutPrompts NONE = new HeldOutPrompts(0, 0, 0);

    /** Those whose scores are still to come. */
    long waiting() {
        return sampled - scored - givenUp;
    }

    /** In words, e.g. {@code 8 of 12, 4 given up}. */
    String shown() {
        return scored
                + (scored == sampled ? "" : " of " + sampled)
                + (givenUp == 0 ? "" : ", " + givenUp + " given up")
                + (waiting() <= 0 ? "" : ", " + waiting() + " not scored yet");
    }
}
