package io.counterflow.scorer.unittests;

import java.io.IOException;
import java.util.List;

/** Runs tested programs of one language. Thread-safe. */
interface ProgramRunner extends AutoCloseable {

    /**
     * Runs programs.
     *
     * @return one result for each, in order
     * @throws IOException when no program could be run
     */
    List<ProgramResult> run(List<TestedProgram> programs) throws IOException, InterruptedException;

    @Override
    void close() throws IOException;
}
