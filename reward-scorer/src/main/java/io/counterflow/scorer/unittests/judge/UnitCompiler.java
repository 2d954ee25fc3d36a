package io.counterflow.scorer.unittests.judge;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;

/**
 * javac, kept warm, for one text at a time. It runs nothing of what it compiles: no annotation processors, no plug-ins. One thread at
 * a time.
 */
final class UnitCompiler {

    private static final List<String> OPTIONS = List.of(
            "-proc:none",
            "-nowarn",
            "-Xlint:none",
            "-implicit:none",
            "-g:source,lines",
            // Linking a call site takes longer than all the string concatenation a test will ever do.
            "-XDstringConcat=inline");

    // Entering some forty modules takes longer than compiling many a program; most need one.
    private static final List<String> BASE = Stream.concat(OPTIONS.stream(), Stream.of("--limit-modules", "java.base"))
            .toList();

    private static final int MAX_ERRORS = 20;

    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final UnitFiles files;

    UnitCompiler() {
        if (compiler == null) {
            throw new IllegalStateException("this Java has no compiler (module jdk.compiler)");
        }
        files = new UnitFiles(compiler.getStandardFileManager(null, Locale.ROOT, null));
    }

    /** The syntax alone. */
    Unit parse(String text) {
        return run(text, Map.of(), BASE, false);
    }

    /** Compiles a text that sees {@code visible} classes, by binary name. */
    Unit compile(String text, Map<String, byte[]> visible) {
        Unit unit = run(text, visible, BASE, true);
        // What failed may need another module than java.base.
        return unit.compiles() ? unit : run(text, visible, OPTIONS, true);
    }

    private Unit run(String text, Map<String, byte[]> visible, List<String> options, boolean generate) {
        try {
            return attempt(text, visible, options, generate);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError | AssertionError e) {
            Throwable root = e;
            // javac wraps what happened to it.
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return new Unit(Optional.empty(), Outline.NONE, Map.of(), List.of("too much for the compiler: " + root));
        } catch (IOException e) {
            throw new IllegalStateException("files in memory cannot fail", e);
        }
    }

    private Unit attempt(String text, Map<String, byte[]> visible, List<String> options, boolean generate)
            throws IOException {
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        StringWriter output = new StringWriter();
        files.begin(visible);
        JavacTask task = (JavacTask)
                compiler.getTask(output, files, diagnostics, options, null, List.of(new UnitFiles.Text(text)));
        SourcePositions positions = Trees.instance(task).getSourcePositions();
        CompilationUnitTree tree = null;
        for (CompilationUnitTree unit : task.parse()) {
            tree = unit;
        }
        Outline outline = tree == null ? Outline.NONE : Outline.of(tree, positions, !generate);
        if (generate && errors(diagnostics).isEmpty()) {
            task.generate();
        }
        List<String> errors = errors(diagnostics);
        return new Unit(Optional.ofNullable(tree), outline, errors.isEmpty() ? files.written() : Map.of(), errors);
    }

    private static List<String> errors(DiagnosticCollector<JavaFileObject> diagnostics) {
        List<String> errors = new ArrayList<>();
        for (Diagnostic<? extends JavaFileObject> diagnostic : diagnostics.getDiagnostics()) {
            if (diagnostic.getKind() == Diagnostic.Kind.ERROR && errors.size() < MAX_ERRORS) {
                String line = diagnostic.getLineNumber() < 0 ? "" : "line " + diagnostic.getLineNumber() + ": ";
                errors.add(line + diagnostic.getMessage(Locale.ROOT));
            }
        }
        return errors;
    }
}
