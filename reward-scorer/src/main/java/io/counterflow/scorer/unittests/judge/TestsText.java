package io.counterflow.scorer.unittests.judge;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;

/**
 * The tests before anything is known of the program: whether they are tests, and whether they can be split from it. What is decided
 * here must not depend on what a completion says.
 *
 * @param text the tests
 * @param unit their syntax
 * @param unusable why nothing can be held against them, empty when they can be used
 * @param unsplittable why they must share a process with their program, empty when they need not
 * @param declared simple names of the classes that they declare
 * @param parents simple names of the classes that theirs extend by name
 * @param anonymous names, as they are written, of what their classes without a name extend or implement
 * @param extended those of them that cannot be interfaces: they take arguments, or have methods that are not public
 */
record TestsText(
        String text,
        Unit unit,
        String unusable,
        String unsplittable,
        Set<String> declared,
        Set<String> parents,
        Set<String> anonymous,
        Set<String> extended) {

    private static final Pattern FIELDS_BY_NAME =
            Pattern.compile("\\bget(Declared)?Fields?\\s*\\(|\\bMethodHandles\\b|\\bprivateLookupIn\\b");

    static TestsText of(String text, UnitCompiler compiler) {
        Unit unit = compiler.parse(text);
        Names names = new Names();
        CompilationUnitTree tree = unit.tree().orElse(null);
        if (!unit.compiles() || tree == null) {
            boolean goesOn = Continuation.goesOn(text);
            String fault = "the prompt's metadata 'tests' does not compile by itself: "
                    + unit.errors().get(0);
            String unsplittable = goesOn ? "the tests go on in the program's own class" : "";
            return new TestsText(text, unit, goesOn ? "" : fault, unsplittable, Set.of(), Set.of(), Set.of(), Set.of());
        }
        names.scan(tree, null);
        String unusable = "";
        if (unit.outline().tests().className().isEmpty()) {
            unusable = "the prompt's metadata 'tests' holds no test: a java program needs a class with static methods"
                    + " test...() or a static main(String[])";
        }
        if (!names.annotations.isEmpty() && unusable.isEmpty()) {
            unusable = "the prompt's metadata 'tests' needs a test framework, which is not there: @"
                    + names.annotations.get(0);
        }
        for (String imported : names.imports) {
            if (imported.matches("(static )?(org\\.(junit|testng|hamcrest|assertj|mockito)|junit|com\\.google)\\..*")) {
                unusable = "the prompt's metadata 'tests' imports a library, which is not there: " + imported;
            }
        }
        String unsplittable = FIELDS_BY_NAME.matcher(text).find() ? "the tests look for fields by reflection" : "";
        return new TestsText(
                text, unit, unusable, unsplittable, names.declared, names.parents, names.anonymous, names.extended);
    }

    /** Whether a class is named anywhere in the tests. */
    boolean names(String simpleName) {
        return Pattern.compile(
                        "(?<![\\w$])" + Pattern.quote(simpleName) + "(?![\\w$])", Pattern.UNICODE_CHARACTER_CLASS)
                .matcher(text)
                .find();
    }

    private static final class Names extends TreeScanner<Void, Void> {

        private final Set<String> declared = new LinkedHashSet<>();
        private final Set<String> parents = new LinkedHashSet<>();
        private final Set<String> anonymous = new LinkedHashSet<>();
        private final Set<String> extended = new LinkedHashSet<>();
        private final List<String> annotations = new ArrayList<>();
        private final List<String> imports = new ArrayList<>();

        private static final Set<Modifier> OPEN_OR_OWN = Set.of(Modifier.PUBLIC, Modifier.PRIVATE, Modifier.STATIC);

        private static String simple(Tree type) {
            String name = type.toString().replaceAll("<.*", "");
            return name.substring(name.lastIndexOf('.') + 1);
        }

        @Override
        public Void visitImport(ImportTree node, Void nothing) {
            imports.add((node.isStatic() ? "static " : "") + node.getQualifiedIdentifier());
            return super.visitImport(node, nothing);
        }

        @Override
        public Void visitClass(ClassTree node, Void nothing) {
            declared.add(node.getSimpleName().toString());
            if (node.getExtendsClause() != null && node.getKind() != Tree.Kind.INTERFACE) {
                String name = node.getExtendsClause().toString().replaceAll("<.*", "");
                if (!Splitting.isPlatform(name)) {
                    parents.add(simple(node.getExtendsClause()));
                }
            }
            return super.visitClass(node, nothing);
        }

        @Override
        public Void visitNewClass(NewClassTree node, Void nothing) {
            if (node.getClassBody() != null) {
                String name = node.getIdentifier().toString().replaceAll("<.*", "");
                anonymous.add(name);
                boolean narrower = node.getClassBody().getMembers().stream()
                        .anyMatch(each -> each instanceof MethodTree method
                                && method.getReturnType() != null
                                && Collections.disjoint(method.getModifiers().getFlags(), OPEN_OR_OWN));
                if (narrower || !node.getArguments().isEmpty()) {
                    extended.add(name);
                }
            }
            return super.visitNewClass(node, nothing);
        }

        @Override
        public Void visitAnnotation(AnnotationTree node, Void nothing) {
            String name = simple(node.getAnnotationType());
            if (Set.of("Test", "ParameterizedTest", "RepeatedTest", "BeforeEach", "BeforeAll", "Before")
                    .contains(name)) {
                annotations.add(name);
            }
            return super.visitAnnotation(node, nothing);
        }
    }
}
