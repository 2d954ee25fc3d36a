package io.counterflow.log;

/**
 * Part of one partition.
 *
 * @param from first offset
 * @param until offset after the last
 */
public record OffsetRange(int partition, long from, long until) {

    public OffsetRange {
        if (partition < 0 || from < 0 || until < from) {
            throw new IllegalArgumentException(
                    "partition " + partition + ", offsets " + from + " until " + until + " is no part of a log");
        }
    }
}
