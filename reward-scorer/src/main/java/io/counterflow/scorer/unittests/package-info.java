/**
 * The {@code unit-tests} scorer: a completion's score is the share of its prompt's tests that it passes.
 *
 * <p>The prompt's metadata says in which {@code language} the program is and carries its {@code tests}; see {@link
 * io.counterflow.scorer.unittests.TestedProgram}. Programs run in sandboxed child processes and never in this one. Failing,
 * not compiling, using too much time or memory, or ending the process are all ways of not passing: the score is a true, low one.
 * Only when the machinery itself fails is there no score.
 */
package io.counterflow.scorer.unittests;
