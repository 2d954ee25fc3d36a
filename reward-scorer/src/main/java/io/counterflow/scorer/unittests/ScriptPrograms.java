package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.unittests.ProgramResult.Broken;
import io.counterflow.scorer.unittests.ProgramResult.UnusableTests;
import io.counterflow.scorer.unittests.ScriptProcesses.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs programs of an interpreted language, each in a sandboxed process of its own, as many at a time as there are cores. Their
 * tests run in another process, or, where they cannot be split from their program or that is asked for, in the same one.
 */
final class ScriptPrograms implements ProgramRunner {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ScriptProcesses processes;
    private final UnitTestsConfig config;
    private final ExecutorService runs;

    ScriptPrograms(Sandbox sandbox, Interpreter interpreter, UnitTestsConfig config) throws IOException {
        int cores = Runtime.getRuntime().availableProcessors();
        this.processes = new ScriptProcesses(sandbox, interpreter, Math.max(1, cores / 2));
        this.config = config;
        this.runs = Executors.newFixedThreadPool(cores, task -> {
            Thread thread = new Thread(task, "script-run");
            thread.setDaemon(true);
            return thread;
        });
    }

    @Override
    public List<ProgramResult> run(List<TestedProgram> programs) throws IOException, InterruptedException {
        List<Future<ProgramResult>> running = new ArrayList<>();
        try {
            for (TestedProgram program : programs) {
                running.add(runs.submit((Callable<ProgramResult>) () -> {
                    ProgramResult result = result(program);
                    // What broke down may have been the machine's doing.
                    return result instanceof Broken ? result(program) : result;
                }));
            }
            List<ProgramResult> results = new ArrayList<>();
            for (Future<ProgramResult> one : running) {
                results.add(finished(one));
            }
            return results;
        } finally {
            running.forEach(one -> one.cancel(true));
        }
    }

    private static ProgramResult finished(Future<ProgramResult> one) throws InterruptedException {
        try {
            return one.get();
        } catch (ExecutionException e) {
            return new Broken("running the program failed: " + e.getCause());
        }
    }

    private ProgramResult result(TestedProgram program) throws IOException, InterruptedException {
        if (program.tests() instanceof Tests.Cases cases) {
            return new CaseRuns(processes, config.testLimit(), config.programLimit()).run(program.source(), cases);
        }
        if (config.isolation() == Isolation.SHARED) {
            return shared(program);
        }
        byte[] source = JSON.writeValueAsBytes(JSON.createObjectNode().put("source", program.source()));
        try (SplitRun run = new SplitRun(
                Optional.of(processes.take(Role.PROGRAM)),
                processes.take(Role.TESTS),
                config.testLimit(),
                config.programLimit())) {
            ProgramResult result = run.run(source, task(program, true));
            if (result != null) {
                return result;
            }
            if (config.unsplittableTests() == UnsplittableTests.REJECTED) {
                return new UnusableTests("the tests cannot be split from their program (unsplittableTests: rejected): "
                        + run.unsplittable());
            }
        }
        return shared(program);
    }

    private ProgramResult shared(TestedProgram program) throws IOException, InterruptedException {
        try (SplitRun run =
                new SplitRun(Optional.empty(), processes.take(Role.TESTS), config.testLimit(), config.programLimit())) {
            return run.run(new byte[0], task(program, false));
        }
    }

    private static byte[] task(TestedProgram program, boolean split) throws JsonProcessingException {
        ObjectNode task = JSON.createObjectNode().put("split", split).put("given", program.given());
        if (!split) {
            task.put("source", program.source());
        }
        if (program.tests() instanceof Tests.Statements list) {
            task.put("setup", list.setup()).set("statements", JSON.valueToTree(list.statements()));
        } else if (program.tests() instanceof Tests.Source tests) {
            task.put("tests", tests.text())
                    .put("entry_point", tests.entryPoint().orElse(null));
        }
        return JSON.writeValueAsBytes(task);
    }

    @Override
    public void close() throws IOException {
        runs.shutdownNow();
        processes.close();
    }
}
