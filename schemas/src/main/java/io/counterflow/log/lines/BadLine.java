package io.counterflow.log.lines;

/**
 * A line that is not what it should be.
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
