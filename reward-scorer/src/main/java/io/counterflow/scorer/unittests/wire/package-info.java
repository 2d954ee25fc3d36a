/**
 * What the JVM of the tests and the JVM of a program say to each other: calls and answers whose values cross as data. The same code
 * runs on both sides; whatever a side reads is checked, for the other one may be hostile. No Java serialization towards the tests.
 */
package io.counterflow.scorer.unittests.wire;
