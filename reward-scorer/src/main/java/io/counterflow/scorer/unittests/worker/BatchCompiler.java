package io.counterflow.scorer.unittests.worker;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;

/**
 * Compiles many programs with one run of javac, most of whose cost does not depend on how many they are. Each program gets a
 * package of its own, so that their classes never meet; those that do not compile are found by javac's diagnostics, and the others
 * compiled again without them. One thread at a time.
 */
final class BatchCompiler {

    /**
     * What became of a batch; every program is in exactly one of the maps, by its index.
     *
     * @param programs those that compile
     * @param messages javac's words about those that do not
     * @param broken what happened to javac itself over the others
     */
    record Result(Map<Integer, CompiledProgram> programs, Map<Integer, String> messages, Map<Integer, String> broken) {}

    private static final List<String> OPTIONS = List.of(
            "-proc:none",
            "-nowarn",
            "-Xlint:none",
            "-implicit:none",
            "-g:source,lines",
            "-Xmaxerrs",
            "10000",
            // One pass finds the errors of every program: without this, a syntax error in one hides the type errors of
            // others.
            "-XDshould-stop.ifError=FLOW",
            // Linking a call site takes longer than all the string concatenation a test will ever do.
            "-XDstringConcat=inline");

    // Entering some forty modules takes longer than compiling many a program; most need one.
    private static final List<String> BASE = Stream.concat(OPTIONS.stream(), Stream.of("--limit-modules", "java.base"))
            .toList();

    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final MemoryFiles files;

    BatchCompiler() {
        if (compiler == null) {
            throw new IllegalStateException("this Java has no compiler (module jdk.compiler)");
        }
        files = new MemoryFiles(compiler.getStandardFileManager(null, Locale.ROOT, null));
    }

    Result compile(List<Source> sources) throws IOException {
        Result result = new Result(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
        List<ProgramFile> together = new ArrayList<>();
        List<ProgramFile> alone = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            ProgramFile file = new ProgramFile(i, sources.get(i));
            (file.ownPackage() ? alone : together).add(file);
        }
        try {
            compile(together, BASE, result);
            // What failed there may need another module than java.base.
            List<ProgramFile> again = new ArrayList<>(together.stream()
                    .filter(f -> result.messages.containsKey(f.index()) && !f.malformed())
                    .toList());
            again.forEach(f -> result.messages.remove(f.index()));
            compile(again, OPTIONS, result);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError | AssertionError e) {
            // javac itself broke down, over one of them.
            together.stream()
                    .filter(f -> !result.programs.containsKey(f.index()))
                    .forEach(alone::add);
        }
        for (ProgramFile file : alone) {
            try {
                attempt(List.of(file), OPTIONS, result);
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError | AssertionError e) {
                Throwable root = root(e);
                if (root instanceof StackOverflowError || root instanceof OutOfMemoryError) {
                    result.messages.put(file.index(), "too much for the compiler: " + root);
                } else {
                    result.broken.put(file.index(), "the compiler broke down: " + root);
                }
            }
        }
        return result;
    }

    private static Throwable root(Throwable e) {
        Throwable root = e;
        // javac wraps what happened to it.
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private void compile(List<ProgramFile> programs, List<String> options, Result result) throws IOException {
        List<ProgramFile> left = programs;
        int before;
        do {
            before = left.size();
            if (before > 0) {
                attempt(left, options, result);
            }
            left = left.stream()
                    .filter(f -> !result.messages.containsKey(f.index()))
                    .toList();
        } while (left.size() < before);
    }

    /** Puts all programs into the result, or only messages, of those that have errors. */
    private void attempt(List<ProgramFile> programs, List<String> options, Result result) throws IOException {
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        StringWriter output = new StringWriter();
        files.clear();
        JavacTask task = (JavacTask) compiler.getTask(output, files, diagnostics, options, null, programs);
        Map<Integer, Integer> testsOffsets = new TreeMap<>();
        programs.forEach(p -> testsOffsets.put(p.index(), p.testsOffset()));
        Map<Integer, TestMethods> tests = new TreeMap<>();
        Trees trees = Trees.instance(task);
        for (CompilationUnitTree unit : task.parse()) {
            int program = ProgramFile.indexOf(unit.getSourceFile());
            tests.put(program, TestMethods.of(unit, trees.getSourcePositions(), testsOffsets.get(program)));
        }
        boolean parsed = diagnostics.getDiagnostics().stream().noneMatch(d -> d.getKind() == Diagnostic.Kind.ERROR);
        if (parsed) {
            task.generate();
        }
        Map<Integer, StringBuilder> messages = new TreeMap<>();
        for (Diagnostic<? extends JavaFileObject> diagnostic : diagnostics.getDiagnostics()) {
            if (diagnostic.getKind() != Diagnostic.Kind.ERROR) {
                continue;
            }
            if (diagnostic.getSource() == null) {
                throw new IllegalStateException("javac said: " + diagnostic);
            }
            int program = ProgramFile.indexOf(diagnostic.getSource());
            StringBuilder text = messages.computeIfAbsent(program, i -> new StringBuilder());
            if (text.length() < Protocol.MAX_TEXT) {
                text.append("line ")
                        .append(diagnostic.getLineNumber())
                        .append(": ")
                        .append(diagnostic.getMessage(Locale.ROOT))
                        .append('\n');
            }
        }
        if (!messages.isEmpty()) {
            messages.forEach((index, text) -> result.messages.put(index, text.toString()));
            if (!parsed) {
                programs.stream().filter(p -> messages.containsKey(p.index())).forEach(ProgramFile::setMalformed);
            }
            return;
        }
        for (ProgramFile file : programs) {
            TestMethods found = tests.get(file.index());
            if (found == null) {
                throw new IllegalStateException("javac skipped a program and said: " + output);
            }
            result.programs.put(
                    file.index(),
                    new CompiledProgram(files.classesOf(file.index()), found.className(), found.methods()));
        }
    }
}
