package io.counterflow.scorer.unittests.worker;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.SourcePositions;
import java.util.List;
import javax.lang.model.element.Modifier;

/**
 * Where a program's tests are: the first class at or after the beginning of the tests that has static methods without parameters
 * whose names begin with "test"; or else the first with a {@code main}, which is then the only test.
 *
 * @param className binary name of the class, empty when there is none
 * @param methods names of the tests in source order
 */
public record TestMethods(String className, List<String> methods) {

    /** Finds them in a compilation unit, from {@code testsOffset} on. */
    public static TestMethods of(CompilationUnitTree unit, SourcePositions positions, int testsOffset) {
        TestMethods withMain = new TestMethods("", List.of());
        String prefix = unit.getPackageName() == null ? "" : unit.getPackageName() + ".";
        for (Tree declaration : unit.getTypeDecls()) {
            if (!(declaration instanceof ClassTree type) || positions.getStartPosition(unit, type) < testsOffset) {
                continue;
            }
            List<String> tests = type.getMembers().stream()
                    .filter(MethodTree.class::isInstance)
                    .map(MethodTree.class::cast)
                    .filter(m -> m.getModifiers().getFlags().contains(Modifier.STATIC)
                            && m.getParameters().isEmpty()
                            && m.getName().toString().startsWith("test"))
                    .map(m -> m.getName().toString())
                    .toList();
            if (!tests.isEmpty()) {
                return new TestMethods(prefix + type.getSimpleName(), tests);
            }
            if (withMain.className.isEmpty() && type.getMembers().stream().anyMatch(TestMethods::isMain)) {
                withMain = new TestMethods(prefix + type.getSimpleName(), List.of("main"));
            }
        }
        return withMain;
    }

    private static boolean isMain(Tree member) {
        return member instanceof MethodTree method
                && method.getModifiers().getFlags().contains(Modifier.STATIC)
                && method.getName().contentEquals("main")
                && method.getParameters().size() == 1;
    }
}
