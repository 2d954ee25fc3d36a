package io.counterflow.scorer.unittests;

import io.counterflow.scorer.sandbox.Executables;
import io.counterflow.scorer.sandbox.Limits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * An interpreter of the machine that runs programs.
 *
 * @param command the interpreter and its options; the harness and its arguments come after
 * @param harness resource with the harness, in the interpreter's language
 * @param visible where the interpreter and its library are
 * @param environment what it needs in its environment
 * @param limits what one program may use
 */
record Interpreter(
        List<String> command, String harness, List<Path> visible, Map<String, String> environment, Limits limits) {

    private static final long MIB = 1L << 20;

    /**
     * Python 3.
     *
     * @param seconds processor time of one program
     */
    static Interpreter python(long seconds) throws IOException {
        // The program in PATH may be a wrapper; the interpreter itself knows where it is.
        List<String> where =
                ask("python3", "-c", "import sys; print(sys.executable); print(sys.base_prefix); print(sys.prefix)");
        Path base = Path.of(where.get(1));
        return new Interpreter(
                List.of(where.get(0), "-I", "-B"),
                "harness.py",
                List.of(Path.of(where.get(0)), base, Path.of(where.get(2))),
                Map.of("LD_LIBRARY_PATH", base.resolve("lib").toString(), "HOME", "/tmp", "LANG", "C.UTF-8"),
                new Limits(seconds, 512 * MIB, 1024 * MIB, 16, 16 * MIB, 64, 32 * MIB));
    }

    /**
     * Node.js.
     *
     * @param seconds processor time of one program
     */
    static Interpreter javascript(long seconds) throws IOException {
        List<String> where = ask("node", "-p", "process.execPath");
        return new Interpreter(
                List.of(where.get(0), "--max-old-space-size=256", "--no-warnings"),
                "harness.js",
                List.of(Path.of(where.get(0))),
                Map.of("HOME", "/tmp"),
                // V8 reserves address space by the gigabyte; what counts is the memory it writes to.
                new Limits(seconds, 1024 * MIB, 256L << 30, 48, 16 * MIB, 64, 32 * MIB));
    }

    private static List<String> ask(String program, String... arguments) throws IOException {
        Path path = Executables.find(program)
                .orElseThrow(() -> new IOException(program + " is not installed; install it to run such programs"));
        List<String> line = new java.util.ArrayList<>(List.of(path.toString()));
        line.addAll(List.of(arguments));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        process.getOutputStream().close();
        try {
            String answer = new String(process.getInputStream().readNBytes(4000), StandardCharsets.UTF_8);
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(path + " does not run: " + answer.strip());
            }
            return answer.lines().toList();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking " + path + " where it is", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
