package io.counterflow.scorer.unittests.wire;

/** An object that stands for one on the other side, whatever else it is: it crosses as that one, never by its content. */
public interface Kept {}
