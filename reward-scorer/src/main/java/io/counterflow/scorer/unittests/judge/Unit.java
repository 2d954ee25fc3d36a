package io.counterflow.scorer.unittests.judge;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.SourcePositions;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A source text after javac saw it.
 *
 * @param tree its syntax, empty where javac did not get that far
 * @param positions where things are in it
 * @param classes byte code by binary class name; empty when there are errors, or nothing was generated
 * @param errors javac's words, with line numbers
 */
record Unit(
        Optional<CompilationUnitTree> tree, SourcePositions positions, Map<String, byte[]> classes, List<String> errors) {

    boolean compiles() {
        return errors.isEmpty();
    }
}
