package io.counterflow.log;

/** Where a record stands in a topic. */
public record LogPosition(int partition, long offset) {

    public LogPosition {
        if (partition < 0 || offset < 0) {
            throw new IllegalArgumentException(
                    "partition " + partition + ", offset " + offset + " is no position in a log");
        }
    }
}
