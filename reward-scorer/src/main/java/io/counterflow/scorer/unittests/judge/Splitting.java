package io.counterflow.scorer.unittests.judge;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.ClassTree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.objectweb.asm.Opcodes;

/**
 * A compiled program and the tests that are compiled against its stubs.
 *
 * <p>In the tests a name means what it means without the completion. A class that the completion brings does not take the place of
 * one of the JDK that the tests see by their own imports or the task's, nor of one that the tests declare.
 */
final class Splitting {

    /** What tests use of the JDK, with or without an import that can be seen. */
    private static final Set<String> COMMON = Set.of(
            "Arrays", "Collections", "Objects", "List", "Map", "Set", "Collection", "ArrayList", "HashMap", "HashSet",
            "LinkedHashMap", "TreeMap", "Collectors", "Stream", "IntStream", "Optional", "BigInteger", "BigDecimal");

    /** Seen by tests that do not compile without. */
    private static final String USUAL_IMPORTS = "import java.util.*; import java.util.function.*; import java.util.stream.*;"
            + " import java.io.*; import java.math.*; import java.time.*; import java.text.*; ";

    private final String given;
    private final Unit program;
    private final TestsText tests;
    private final Map<String, ClassFacts> facts = new HashMap<>();
    private final Map<String, byte[]> stubs = new TreeMap<>();
    private final Set<String> givenTypes = new HashSet<>();
    private final List<ImportTree> imports = new ArrayList<>();

    Splitting(String given, Unit program, TestsText tests) {
        this.given = given;
        this.program = program;
        this.tests = tests;
        readGiven();
        program.classes().forEach((name, code) -> facts.put(name.replace('.', '/'), ClassFacts.of(code)));
        program.classes().forEach((name, code) -> {
            ClassFacts parent = facts.get(facts.get(name.replace('.', '/')).superName());
            // The bodies of an enum's constants: the constants are stubs of the enum itself.
            if (parent == null || !parent.is(Opcodes.ACC_ENUM)) {
                stubs.put(name, StubWriter.stub(code, facts, known(name)));
            }
        });
    }

    private void readGiven() {
        CompilationUnitTree tree = program.tree().orElseThrow();
        for (ImportTree each : tree.getImports()) {
            long end = program.positions().getEndPosition(tree, each);
            if (end >= 0 && end <= given.length()) {
                imports.add(each);
            }
        }
        for (Tree each : tree.getTypeDecls()) {
            long start = program.positions().getStartPosition(tree, each);
            if (each instanceof ClassTree type && start >= 0 && start < given.length()) {
                int body = given.indexOf('{', (int) start);
                if (body >= 0) {
                    givenTypes.add(type.getSimpleName().toString());
                }
            }
        }
    }

    private boolean known(String binaryName) {
        for (String part : binaryName.substring(binaryName.lastIndexOf('.') + 1).split("\\$")) {
            if (!part.isEmpty() && (givenTypes.contains(part) || tests.names(part))) {
                return true;
            }
        }
        return false;
    }

    Map<String, ClassFacts> facts() {
        return facts;
    }

    Map<String, byte[]> stubs() {
        return stubs;
    }

    private String packageName() {
        CompilationUnitTree tree = program.tree().orElseThrow();
        return tree.getPackageName() == null ? "" : tree.getPackageName().toString();
    }

    /** Why these tests must share a process with this program, as far as the task decides it; empty when they need not. */
    String unsplittable() {
        for (String parent : tests.parents()) {
            if (!tests.declared().contains(parent) && isProgramClass(parent)) {
                return "the tests extend the program's class " + parent;
            }
        }
        for (String parent : tests.anonymous()) {
            if (givenTypes.contains(parent) && isProgramClass(parent)) {
                return "the tests extend the program's class " + parent;
            }
        }
        return "";
    }

    private boolean isProgramClass(String simpleName) {
        String name = packageName().isEmpty() ? simpleName : packageName() + "." + simpleName;
        ClassFacts found = facts.get(name.replace('.', '/'));
        return found != null && !found.is(Opcodes.ACC_INTERFACE);
    }

    /** Compiles the tests. */
    Unit compile(UnitCompiler compiler) {
        Map<String, byte[]> visible = new TreeMap<>(stubs);
        String prefix = packageName().isEmpty() ? "" : packageName() + ".";
        for (String name : List.copyOf(visible.keySet())) {
            String outer = name.substring(prefix.length()).replaceAll("\\$.*", "");
            if (tests.declared().contains(outer) || !givenTypes.contains(outer) && meansAnother(outer)) {
                visible.remove(name);
            }
        }
        Unit unit = compiler.compile(text(""), visible);
        if (unit.compiles()) {
            return unit;
        }
        Unit again = compiler.compile(text(USUAL_IMPORTS), visible);
        return again.compiles() ? again : unit;
    }

    private boolean meansAnother(String simpleName) {
        if (COMMON.contains(simpleName) || isPlatform("java.lang." + simpleName)) {
            return true;
        }
        List<ImportTree> all = new ArrayList<>(imports);
        all.addAll(tests.tree().getImports());
        for (ImportTree each : all) {
            String name = each.getQualifiedIdentifier().toString();
            if (!each.isStatic() && name.endsWith(".*") && isPlatform(name.substring(0, name.length() - 1) + simpleName)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isPlatform(String name) {
        try {
            Class<?> found = Class.forName(name, false, ClassLoader.getPlatformClassLoader());
            return java.lang.reflect.Modifier.isPublic(found.getModifiers());
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** The tests as a unit of their own, with the package and the task's imports on its first line. */
    private String text(String more) {
        CompilationUnitTree tree = tests.tree();
        Set<String> own = new TreeSet<>();
        tree.getImports().forEach(i -> own.add(simpleName(i)));
        StringBuilder added = new StringBuilder();
        for (ImportTree each : imports) {
            String name = simpleName(each);
            if (name.equals("*") || !own.contains(name)) {
                added.append(each.toString().strip()).append(' ');
            }
        }
        added.append(more);
        if (tree.getPackageName() != null) {
            int end = (int) tests.unit().positions().getEndPosition(tree, tree.getPackage());
            return tests.text().substring(0, end) + " " + added + tests.text().substring(end);
        }
        String line = packageName().isEmpty() ? "" : "package " + packageName() + "; ";
        return line + added + tests.text();
    }

    private static String simpleName(ImportTree each) {
        String name = each.getQualifiedIdentifier().toString();
        return name.substring(name.lastIndexOf('.') + 1);
    }
}
