package io.counterflow.scorer.unittests.judge;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.SourcePositions;
import io.counterflow.scorer.unittests.worker.TestMethods;
import java.util.ArrayList;
import java.util.List;

/**
 * What a source text declares at its top, taken from its syntax before javac changes that into code.
 *
 * @param packageName its package, empty where it names none
 * @param packageEnd where the declaration of its package ends, 0 where there is none
 * @param imports its imports
 * @param types its classes and interfaces
 * @param tests where its tests are
 * @param assertions where they assert
 */
record Outline(
        String packageName,
        int packageEnd,
        List<Import> imports,
        List<Type> types,
        TestMethods tests,
        AssertionSites assertions) {

    /**
     * An import.
     *
     * @param text the whole of it
     * @param name what it imports
     * @param isStatic whether it imports members
     * @param end where it ends, -1 where that is not known
     */
    record Import(String text, String name, boolean isStatic, long end) {

        String simpleName() {
            return name.substring(name.lastIndexOf('.') + 1);
        }
    }

    /**
     * A class or interface.
     *
     * @param name its simple name
     * @param start where it begins
     */
    record Type(String name, long start) {}

    static final Outline NONE =
            new Outline("", 0, List.of(), List.of(), new TestMethods("", List.of()), AssertionSites.NONE);

    /**
     * Takes it from a syntax tree.
     *
     * @param assertions whether to look for them: a program's are nobody's business
     */
    static Outline of(CompilationUnitTree unit, SourcePositions positions, boolean assertions) {
        List<Import> imports = new ArrayList<>();
        for (ImportTree each : unit.getImports()) {
            String name = each.getQualifiedIdentifier().toString();
            long end = positions.getEndPosition(unit, each);
            imports.add(new Import(each.toString().strip(), name, each.isStatic(), end));
        }
        List<Type> types = new ArrayList<>();
        for (Tree each : unit.getTypeDecls()) {
            if (each instanceof ClassTree type) {
                types.add(new Type(type.getSimpleName().toString(), positions.getStartPosition(unit, type)));
            }
        }
        boolean named = unit.getPackageName() != null;
        return new Outline(
                named ? unit.getPackageName().toString() : "",
                named ? (int) positions.getEndPosition(unit, unit.getPackage()) : 0,
                imports,
                types,
                TestMethods.of(unit, positions, 0),
                assertions ? AssertionSites.of(unit, positions) : AssertionSites.NONE);
    }
}
