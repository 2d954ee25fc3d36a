package io.counterflow.cli.verify;

/** How often each part was killed. */
record KillCounts(int trainer, int broker, int scoring) {

    @Override
    public String toString() {
        return "the trainer " + trainer + " times, the broker " + broker + " times, the Streams applications " + scoring
                + " times";
    }
}
