/**
 * What runs in the JVM of a program under test: loads the program's classes, does what the tests' JVM asks for, and ends with its
 * program. Nothing here is trusted: it is the program's process, and the program may have made it its own.
 */
package io.counterflow.scorer.unittests.program;
