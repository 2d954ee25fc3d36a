package io.counterflow.scorer.unittests.judge;

/**
 * An object of the program.
 *
 * @param number its number there
 * @param message what it says, if it is an exception
 */
public record Handle(int number, String message) {}
