package io.counterflow.scorer.unittests.judge;

import io.counterflow.scorer.unittests.wire.Kept;
import io.counterflow.scorer.unittests.worker.TestMethods;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
            "Arrays",
            "Collections",
            "Objects",
            "List",
            "Map",
            "Set",
            "Collection",
            "ArrayList",
            "HashMap",
            "HashSet",
            "LinkedHashMap",
            "TreeMap",
            "Collectors",
            "Stream",
            "IntStream",
            "Optional",
            "BigInteger",
            "BigDecimal");

    /** Their classes are seen by tests that do not compile without. */
    private static final List<String> USUAL_PACKAGES = List.of(
            "java.util", "java.util.function", "java.util.stream", "java.io", "java.math", "java.time", "java.text");

    private static final String USUAL_IMPORTS =
            USUAL_PACKAGES.stream().map(each -> "import " + each + ".*; ").collect(Collectors.joining());

    /** What the stubs extend, which javac wants to see. */
    private static final Map<String, byte[]> OURS = ours();

    private final String given;
    private final Unit program;
    private final TestsText tests;
    private final Map<String, ClassFacts> facts = new HashMap<>();
    private final Map<String, byte[]> stubs = new TreeMap<>();
    private final Set<String> givenTypes = new HashSet<>();
    private final List<Outline.Import> imports = new ArrayList<>();

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

    private static Map<String, byte[]> ours() {
        Map<String, byte[]> classes = new TreeMap<>();
        for (Class<?> type : List.of(Stub.class, Handle.class, Kept.class)) {
            try (InputStream in = type.getResourceAsStream(type.getSimpleName() + ".class")) {
                classes.put(type.getName(), in.readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return classes;
    }

    private void readGiven() {
        for (Outline.Import each : program.outline().imports()) {
            if (each.end() >= 0 && each.end() <= given.length()) {
                imports.add(each);
            }
        }
        for (Outline.Type each : program.outline().types()) {
            boolean begins = each.start() >= 0 && each.start() < given.length();
            if (begins && given.indexOf('{', (int) each.start()) >= 0) {
                givenTypes.add(each.name());
            }
        }
    }

    /** Whether the task declares a class, or the tests name it: the innermost one, for anybody can be inside a known one. */
    private boolean known(String binaryName) {
        String name = simpleName(binaryName);
        if (Character.isDigit(name.charAt(0))) {
            // Without a name, or inside a method: a number in the tests is none.
            return false;
        }
        boolean declared = declaredByTask("class|interface|enum|record", name);
        return declared || tests.names(name);
    }

    /**
     * Binary names of the classes that the task or the tests mean by a name: they and all around them are named there, and no other class
     * has the same name elsewhere.
     */
    Set<String> meant() {
        Map<String, Integer> count = new HashMap<>();
        stubs.keySet().forEach(name -> count.merge(simpleName(name), 1, Integer::sum));
        Set<String> meant = new HashSet<>();
        for (String name : stubs.keySet()) {
            String inPackage = name.substring(name.lastIndexOf('.') + 1);
            boolean all = List.of(inPackage.split("\\$")).stream().allMatch(this::known);
            if (all && count.get(simpleName(name)) == 1) {
                meant.add(name);
            }
        }
        return meant;
    }

    private static String simpleName(String binaryName) {
        return binaryName.substring(Math.max(binaryName.lastIndexOf('.'), binaryName.lastIndexOf('$')) + 1);
    }

    Map<String, ClassFacts> facts() {
        return facts;
    }

    Map<String, byte[]> stubs() {
        return stubs;
    }

    private String packageName() {
        return program.outline().packageName();
    }

    /** Where the tests are, under the names that they have once they are in the program's package. */
    TestMethods methods() {
        TestMethods found = tests.unit().outline().tests();
        boolean moved =
                tests.unit().outline().packageName().isEmpty() && !packageName().isEmpty();
        return moved ? new TestMethods(packageName() + "." + found.className(), found.methods()) : found;
    }

    /** Names of the methods that hold assertions. */
    Set<String> asserting() {
        return tests.unit().outline().assertions().asserting();
    }

    /**
     * Why these tests must share a process with a program, empty when they need not. Prompt and tests alone decide: a completion that could choose would
     * choose the process in which it can reach its tests.
     *
     * @param wrapper the class that we made of tests in the program's own; it inherits static members alone
     */
    String unsplittable(String wrapper) {
        for (String parent : tests.parents()) {
            if (!tests.declared().contains(parent)
                    && !wrapper.equals("TestsOf" + parent)
                    && (givenTypes.contains(parent) || !isOfTheJdk(parent))) {
                return "the tests extend the program's class " + parent;
            }
        }
        for (String parent : tests.anonymous()) {
            boolean isClass =
                    declaredByTask("class", parent) && !tests.declared().contains(parent);
            if (isClass || tests.extended().contains(parent) && !canBeImplemented(parent)) {
                return "the tests extend the program's class " + parent;
            }
        }
        return "";
    }

    /** Whether a class without a name can stand beside the program: its parent is the tests', the JDK's or an interface of the task's. */
    private boolean canBeImplemented(String parent) {
        String name = parent.substring(parent.lastIndexOf('.') + 1);
        String outer = parent.replaceAll("\\..*", "");
        if (tests.declared().contains(name) || declaredByTask("interface", name)) {
            return true;
        }
        boolean full = Character.isLowerCase(outer.charAt(0)) && isPlatform(parent);
        return !declaredByTask("class", name) && !declaredByTask("class", outer) && (full || isOfTheJdk(outer));
    }

    private boolean declaredByTask(String kind, String name) {
        return Pattern.compile(
                        "\\b(" + kind + ")\\s+" + Pattern.quote(name) + "(?![\\w$])", Pattern.UNICODE_CHARACTER_CLASS)
                .matcher(given)
                .find();
    }

    /** Whether the tests mean a class of the JDK by a name that the task does not declare. */
    private boolean isOfTheJdk(String simpleName) {
        List<Outline.Import> all = new ArrayList<>(imports);
        all.addAll(tests.unit().outline().imports());
        boolean imported = all.stream()
                .anyMatch(each -> !each.isStatic() && each.simpleName().equals(simpleName) && isPlatform(each.name()));
        return imported
                || meansAnother(simpleName)
                || USUAL_PACKAGES.stream().anyMatch(usual -> isPlatform(usual + "." + simpleName));
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
        visible.putAll(OURS);
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
        List<Outline.Import> all = new ArrayList<>(imports);
        all.addAll(tests.unit().outline().imports());
        for (Outline.Import each : all) {
            String name = each.name();
            if (!each.isStatic()
                    && name.endsWith(".*")
                    && isPlatform(name.substring(0, name.length() - 1) + simpleName)) {
                return true;
            }
        }
        return false;
    }

    static boolean isPlatform(String name) {
        try {
            Class<?> found = Class.forName(name, false, ClassLoader.getPlatformClassLoader());
            return java.lang.reflect.Modifier.isPublic(found.getModifiers());
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** The tests as a unit of their own, with the package and the task's imports on its first line. */
    private String text(String more) {
        Outline outline = tests.unit().outline();
        String marked = outline.assertions().mark(tests.text());
        Set<String> own = new TreeSet<>();
        outline.imports().forEach(each -> own.add(each.simpleName()));
        StringBuilder added = new StringBuilder();
        for (Outline.Import each : imports) {
            if (each.simpleName().equals("*") || !own.contains(each.simpleName())) {
                added.append(each.text()).append(' ');
            }
        }
        added.append(more);
        if (!outline.packageName().isEmpty()) {
            int end = outline.packageEnd();
            return marked.substring(0, end) + " " + added + marked.substring(end);
        }
        String line = packageName().isEmpty() ? "" : "package " + packageName() + "; ";
        return line + added + marked;
    }
}
