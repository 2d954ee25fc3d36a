package io.counterflow.cli.bench;

import io.counterflow.files.FileTree;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Programs a second of the unit-tests scorer, which compiles in batches and runs on warm, isolated workers, and of a fresh {@code
 * java Main.java} for each program, as many at a time as there are cores and isolated by nothing.
 */
final class ProgramsBench {

    private static final int BATCH = 32;

    private final BenchPrograms programs = BenchPrograms.builtIn();
    private final int cores = Runtime.getRuntime().availableProcessors();

    ProgramsBench() throws IOException {}

    int cores() {
        return cores;
    }

    /** Programs a second of the scorer, after one batch to warm up; {@code isolation} is its setting. */
    double scorer(int count, String isolation, boolean allowUnsandboxed) throws Exception {
        ScorerCatalog catalog = ScorerCatalog.onClassPath();
        try (Scorer scorer =
                catalog.create("unit-tests", Map.of("isolation", isolation, "allowUnsandboxed", allowUnsandboxed))) {
            List<ScoreRequest> requests = programs.requests(count + BATCH);
            require(scorer.score(requests.subList(count, count + BATCH)));
            long start = System.nanoTime();
            for (int from = 0; from < count; from += BATCH) {
                require(scorer.score(requests.subList(from, Math.min(count, from + BATCH))));
            }
            return perSecond(count, start);
        }
    }

    private static void require(List<ScoreOutcome> outcomes) {
        outcomes.forEach(outcome -> {
            if (!(outcome instanceof Scored scored) || scored.value() != 1) {
                throw new IllegalStateException("a right program was not passed: " + outcome);
            }
        });
    }

    /** Programs a second of a fresh process each. */
    double freshProcesses(int count) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("counterflow-bench");
        ExecutorService threads = Executors.newFixedThreadPool(cores);
        try {
            List<Path> files = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Path own = Files.createDirectory(folder.resolve("p" + i));
                files.add(Files.writeString(own.resolve("Main.java"), programs.sourceFile(i)));
            }
            long start = System.nanoTime();
            List<Future<Integer>> ended = new ArrayList<>();
            files.forEach(file -> ended.add(threads.submit(() -> java(file))));
            for (Future<Integer> exitCode : ended) {
                if (exitCode.get() != 0) {
                    throw new IllegalStateException("a right program ended with exit code " + exitCode.get());
                }
            }
            return perSecond(count, start);
        } catch (ExecutionException e) {
            throw new IOException("cannot run java: " + e.getCause().getMessage(), e);
        } finally {
            threads.shutdownNow();
            FileTree.delete(folder);
        }
    }

    private static int java(Path file) throws IOException, InterruptedException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        file.toString())
                .inheritIO()
                .start()
                .waitFor();
    }

    private static double perSecond(int count, long start) {
        return count / ((System.nanoTime() - start) / 1e9);
    }
}
