package io.counterflow.scorer.unittests;

import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.sandbox.SandboxedCommand;
import io.counterflow.scorer.unittests.ProgramResult.Broken;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs programs of an interpreted language, each in a sandboxed process of its own. The program shares its interpreter with its
 * tests, so one that was written against this very harness could forge its verdict; printing what it looks for is not enough, for
 * that changes with every program.
 */
final class ScriptPrograms implements ProgramRunner {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Sandbox sandbox;
    private final Interpreter interpreter;
    private final Duration testLimit;
    private final Path folder;
    private final Path harness;

    ScriptPrograms(Sandbox sandbox, Interpreter interpreter, Duration testLimit) throws IOException {
        this.sandbox = sandbox;
        this.interpreter = interpreter;
        this.testLimit = testLimit;
        this.folder = Files.createTempDirectory("counterflow-script-");
        this.harness = folder.resolve(interpreter.harness());
        try (InputStream in = ScriptPrograms.class.getResourceAsStream(interpreter.harness())) {
            Files.copy(in, harness);
        }
        Files.setPosixFilePermissions(harness, PosixFilePermissions.fromString("rw-r--r--"));
    }

    @Override
    public List<ProgramResult> run(List<TestedProgram> programs) throws IOException, InterruptedException {
        List<ProgramResult> results = new ArrayList<>();
        for (TestedProgram program : programs) {
            if (program.tests() instanceof Tests.Cases) {
                results.add(new ProgramResult.UnusableTests("cases are not run for scripts yet"));
                continue;
            }
            ProgramResult result = run(program);
            // What broke down may have been the machine's doing.
            results.add(result instanceof Broken ? run(program) : result);
        }
        return results;
    }

    private ProgramResult run(TestedProgram program) throws IOException, InterruptedException {
        String nonce = new BigInteger(128, RANDOM).toString(36);
        Path job = Files.createTempDirectory(folder, "job-");
        Path root = Files.createDirectory(job.resolve("root"));
        Path source = job.resolve("program");
        Files.writeString(source, program.joined());
        Files.setPosixFilePermissions(source, PosixFilePermissions.fromString("rw-r--r--"));
        List<String> line = new ArrayList<>(interpreter.command());
        line.addAll(List.of(harness.toString(), source.toString(), Integer.toString(program.testsOffset())));
        List<Path> visible = new ArrayList<>(interpreter.visible());
        visible.addAll(List.of(harness, source));
        Map<String, String> environment = new HashMap<>(interpreter.environment());
        environment.put("NONCE", nonce);
        Process process =
                sandbox.start(new SandboxedCommand(line, environment, visible, false, interpreter.limits()), root);
        try (ScriptRun run = new ScriptRun(process, nonce, testLimit)) {
            return run.result();
        } finally {
            Sandbox.kill(process);
            process.waitFor();
            delete(job);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    @Override
    public void close() throws IOException {
        delete(folder);
    }
}
