package io.counterflow.scorer.unittests.judge;

import com.sun.source.tree.CompilationUnitTree;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A source text after javac saw it.
 *
 * @param tree its syntax, empty where javac did not get that far; of use only where nothing was generated
 * @param outline what it declares at its top
 * @param classes byte code by binary class name; empty when there are errors, or nothing was generated
 * @param errors javac's words, with line numbers
 */
record Unit(Optional<CompilationUnitTree> tree, Outline outline, Map<String, byte[]> classes, List<String> errors) {

    boolean compiles() {
        return errors.isEmpty();
    }
}
