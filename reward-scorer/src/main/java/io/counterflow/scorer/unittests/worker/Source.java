package io.counterflow.scorer.unittests.worker;

/**
 * A program to compile.
 *
 * @param testsOffset where its tests begin; a class that begins earlier is the completion's and holds none
 * @param text the program
 */
record Source(int testsOffset, String text) {}
