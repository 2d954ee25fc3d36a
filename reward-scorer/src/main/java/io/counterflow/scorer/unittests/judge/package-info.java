/**
 * What runs in the JVM of the tests: compiles a program, makes stubs of its classes whose methods are calls to the program's own JVM,
 * compiles the tests against them, runs them and tells the parent. The program's code is compiled here and never loaded.
 */
package io.counterflow.scorer.unittests.judge;
