/**
 * What runs inside the sandboxed JVM: compiles programs in memory and runs their tests, each in a class loader of its own.
 *
 * <p>These classes are copied to the child alone and see nothing but the JDK. They talk with their parent over one connected
 * socket that no program can reach: it is not a standard stream, its path is gone, and there is no {@code /proc}. They keep no
 * state in static fields, where a program could find it.
 */
package io.counterflow.scorer.unittests.worker;
