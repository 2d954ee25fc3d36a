package io.counterflow.scorer.unittests;

import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.unittests.ProgramResult.Broken;
import io.counterflow.scorer.unittests.ProgramResult.Ran;
import io.counterflow.scorer.unittests.ProgramResult.UnusableTests;
import io.counterflow.scorer.unittests.TestResult.Status;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs Java programs on warm workers, a whole batch in one of them.
 *
 * <p>A worker whose program does not end, dies, or leaves something behind is replaced, and the programs it had not come to run
 * in the next one. Whether a worker died of its program or of something else is found by running that program again, alone: only
 * the second death is held against it.
 */
final class JavaPrograms implements ProgramRunner {

    private static final int MAX_DEATHS = 2;

    private final JavaWorkers workers;
    private final Duration testLimit;
    private final Duration compileLimit;

    JavaPrograms(Sandbox sandbox, int heapMegabytes, Duration testLimit, Duration compileLimit) throws IOException {
        this.workers = new JavaWorkers(sandbox, heapMegabytes, Duration.ofSeconds(60));
        this.testLimit = testLimit;
        this.compileLimit = compileLimit;
    }

    @Override
    public List<ProgramResult> run(List<TestedProgram> programs) throws IOException, InterruptedException {
        Map<Integer, ProgramResult> results = new TreeMap<>();
        for (int i = 0; i < programs.size(); i++) {
            if (programs.get(i).tests() instanceof Tests.Cases) {
                results.put(i, new UnusableTests("cases are not run for java yet"));
            }
        }
        Map<Integer, Integer> deaths = new HashMap<>();
        boolean singly = false;
        while (results.size() < programs.size()) {
            List<Integer> left = new ArrayList<>();
            for (int i = 0; i < programs.size(); i++) {
                if (!results.containsKey(i)) {
                    left.add(i);
                }
            }
            // After a death without a culprit, and for those suspected of one, each gets a batch of its own.
            List<Integer> suspects = left.stream().filter(deaths::containsKey).toList();
            List<Integer> batch = !suspects.isEmpty() ? suspects.subList(0, 1) : singly ? left.subList(0, 1) : left;
            JavaWorker worker = workers.take();
            JavaBatch run =
                    new JavaBatch(worker, batch.stream().map(programs::get).toList(), testLimit, compileLimit);
            boolean reusable = false;
            try {
                reusable = run.run();
            } catch (InterruptedIOException e) {
                throw new InterruptedException("interrupted while programs were run");
            } finally {
                if (reusable) {
                    workers.giveBack(worker);
                } else {
                    worker.close();
                }
            }
            run.results().forEach((index, result) -> results.put(batch.get(index), result));
            if (run.died()) {
                int culprit = batch.size() == 1 ? 0 : run.running();
                if (culprit < 0) {
                    singly = true;
                } else if (deaths.merge(batch.get(culprit), 1, Integer::sum) >= MAX_DEATHS) {
                    results.put(batch.get(culprit), verdictOfDeath(run, culprit, worker));
                }
            } else if (!reusable && run.results().isEmpty()) {
                // A compiler that does not come to an end with them all may do so with each.
                singly = true;
                if (batch.size() == 1) {
                    results.put(batch.get(0), new Broken("the Java worker gave no verdict: " + worker.lastWords()));
                }
            }
        }
        return List.copyOf(results.values());
    }

    private ProgramResult verdictOfDeath(JavaBatch run, int culprit, JavaWorker worker) {
        if (run.running() < 0) {
            return new Ran(
                    false,
                    "the compiler ended with its process, twice: " + worker.lastWords(),
                    List.of(),
                    Isolation.SHARED);
        }
        return run.withCurrentTest(culprit, Status.ENDED_PROCESS, "ended the process it ran in");
    }

    @Override
    public void close() throws IOException {
        workers.close();
    }
}
