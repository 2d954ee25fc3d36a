package io.counterflow.producer.prompts;

/**
 * A line that is no prompt.
 *
 * @param number of the line, from 1
 */
public record BadLine(long number, String cause) {

    @Override
    public String toString() {
        return "line " + number + ": " + cause;
    }
}
