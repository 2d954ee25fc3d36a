package io.counterflow.scorer.dataset;

/**
 * A line that is no example.
 *
 * @param number of the line, from 1
 * @param cause why, in one line
 */
public record BadLine(long number, String cause) {

    @Override
    public String toString() {
        return "line " + number + ": " + cause;
    }
}
