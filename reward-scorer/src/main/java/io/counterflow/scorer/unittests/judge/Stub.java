package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.Kept;

/** An object of the tests' JVM that stands for one of the program's. */
public interface Stub extends Kept {

    /** Which one. The name is none that a program has. */
    Handle counterflow$handle();
}
