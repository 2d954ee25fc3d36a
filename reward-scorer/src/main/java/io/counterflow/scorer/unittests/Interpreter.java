package io.counterflow.scorer.unittests;

import io.counterflow.scorer.sandbox.Executables;
import io.counterflow.scorer.sandbox.Limits;
import io.counterflow.scorer.unittests.ScriptProcesses.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * An interpreter of the machine that runs programs and tests.
 *
 * @param folder folder of resources with the harness, in the interpreter's language
 * @param suffix of its files
 * @param harness the files in it
 * @param command the interpreter and its options; a file of the harness and the arguments come after
 * @param arguments what every file of the harness is given
 * @param visible where the interpreter and its library are
 * @param renamed under which paths some of them appear to a program
 * @param environment what it needs in its environment
 * @param limits what one program may use
 */
record Interpreter(
        String folder,
        String suffix,
        List<String> harness,
        List<String> command,
        List<String> arguments,
        List<Path> visible,
        Map<Path, Path> renamed,
        Map<String, String> environment,
        Limits limits) {

    private static final long MIB = 1L << 20;
    private static final Path ELSEWHERE = Path.of("/opt/interpreter");

    /**
     * Python 3.
     *
     * @param seconds processor time of one program
     * @param isolated whether it will see paths of its own
     */
    static Interpreter python(long seconds, boolean isolated) throws IOException {
        // The program in PATH may be a wrapper; the interpreter itself knows where it is. Without its module `site` it
        // comes up
        // in a quarter of the time; the folders of installed packages are put back by the harness.
        List<String> where = ask(
                "python3",
                "-I",
                "-c",
                "import sys, json; print(sys.executable); print(sys.base_prefix); print(sys.prefix);"
                        + "print(json.dumps([p for p in sys.path if p.endswith('-packages')]))");
        Path base = Path.of(where.get(1));
        Path prefix = Path.of(where.get(2));
        Path program = Path.of(where.get(0));
        // In somebody's home: a program need not learn whose.
        boolean home = base.startsWith("/root") || base.startsWith("/home");
        Path inside = isolated && home && prefix.equals(base) && program.startsWith(base) ? ELSEWHERE : base;
        return new Interpreter(
                "python",
                ".py",
                List.of(
                        "case.py",
                        "errors.py",
                        "exchange.py",
                        "foreign.py",
                        "forms.py",
                        "given.py",
                        "program.py",
                        "runs.py",
                        "shared.py",
                        "suites.py",
                        "tests.py",
                        "values.py"),
                List.of(moved(program, base, inside).toString(), "-I", "-S", "-B"),
                List.of(where.get(3).replace(base + "/", inside + "/")),
                List.of(program, base, prefix),
                inside.equals(base) ? Map.of() : Map.of(base, inside),
                Map.of(
                        "LD_LIBRARY_PATH",
                        inside.resolve("lib").toString(),
                        "HOME",
                        "/tmp",
                        "LANG",
                        "C.UTF-8",
                        // A thread a core each with its own memory: more than a program may have.
                        "OPENBLAS_NUM_THREADS",
                        "1",
                        "OMP_NUM_THREADS",
                        "1",
                        "MKL_NUM_THREADS",
                        "1"),
                new Limits(seconds, 512 * MIB, 1024 * MIB, 16, 16 * MIB, 64, 32 * MIB, 640 * MIB));
    }

    /**
     * Node.js.
     *
     * @param seconds processor time of one program
     */
    static Interpreter javascript(long seconds) throws IOException {
        List<String> where = ask("node", "-p", "process.execPath");
        return new Interpreter(
                "javascript",
                ".js",
                List.of(
                        "case.js",
                        "exchange.js",
                        "expectations.js",
                        "foreign.js",
                        "forms.js",
                        "modules.js",
                        "program.js",
                        "runs.js",
                        "tests.js",
                        "values.js"),
                List.of(
                        where.get(0),
                        "--max-old-space-size=256",
                        "--no-warnings",
                        "--experimental-vm-modules",
                        "--single-threaded-gc",
                        "--v8-pool-size=1"),
                List.of(),
                List.of(Path.of(where.get(0))),
                Map.of(),
                Map.of("HOME", "/tmp", "LANG", "C.UTF-8", "UV_THREADPOOL_SIZE", "1"),
                // V8 reserves address space by the gigabyte; what counts is the memory it writes to.
                new Limits(seconds, 1024 * MIB, 256L << 30, 48, 16 * MIB, 64, 32 * MIB, 768 * MIB));
    }

    private static Path moved(Path path, Path from, Path to) {
        return path.startsWith(from) ? to.resolve(from.relativize(path)) : path;
    }

    /** The file of the harness for a role. */
    String file(Role role) {
        return switch (role) {
            case PROGRAM -> "program" + suffix;
            case TESTS -> "tests" + suffix;
            case CASE -> "case" + suffix;
        };
    }

    /** Compiles the harness where the interpreter keeps what it compiled. */
    void prepare(Path harnessFolder) throws IOException {
        if (suffix.equals(".py")) {
            ask("python3", "-I", "-m", "compileall", "-q", harnessFolder.toString());
        }
    }

    private static List<String> ask(String program, String... arguments) throws IOException {
        Path path = Executables.find(program)
                .orElseThrow(() -> new IOException(program + " is not installed; install it to run such programs"));
        List<String> line = new ArrayList<>(List.of(path.toString()));
        line.addAll(List.of(arguments));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        process.getOutputStream().close();
        try {
            String answer = new String(process.getInputStream().readNBytes(4000), StandardCharsets.UTF_8);
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(path + " does not run: " + answer.strip());
            }
            return answer.lines().filter(l -> !l.startsWith("Warning:")).toList();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking " + path + " where it is", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
