package io.counterflow.cli;

import io.counterflow.log.lines.BadLine;
import java.nio.file.Path;
import java.util.List;

/** A file of which nothing is in the log after its import, which whoever goes on with it must not take for done. */
final class NothingImportedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param what the file was to have, e.g. prompts
     * @param bad lines that were skipped
     */
    NothingImportedException(Path file, String what, List<BadLine> bad) {
        super(file + " has no " + what + " that could be imported"
                + (bad.isEmpty()
                        ? ""
                        : bad.size() == 1
                                ? ": its only line is broken"
                                : ": all of its " + bad.size() + " lines are broken, the first at line "
                                        + bad.get(0).number()));
    }
}
