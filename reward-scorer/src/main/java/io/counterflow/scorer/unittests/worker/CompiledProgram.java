package io.counterflow.scorer.unittests.worker;

import java.util.List;
import java.util.Map;

/**
 * A program in memory.
 *
 * @param classes byte code by binary class name
 * @param testClass binary name of the class that holds the tests; empty when there is none
 * @param tests names of its test methods, in source order; {@code main} alone for a class that is run as a whole
 */
record CompiledProgram(Map<String, byte[]> classes, String testClass, List<String> tests) {}
