package io.counterflow.scorer.unittests.wire;

/**
 * An object that crosses as itself, not by its content.
 *
 * @param object the object
 */
public record Whole(Object object) {}
