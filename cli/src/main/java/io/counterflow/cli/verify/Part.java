package io.counterflow.cli.verify;

/** A part of a job that is killed. */
enum Part {
    TRAINER("the trainer"),
    BROKER("the broker"),
    SCORING("the Streams applications"),
    PRODUCER("the producer");

    private final String label;

    Part(String label) {
        this.label = label;
    }

    @Override
    public String toString() {
        return label;
    }
}
