package io.counterflow.scorer.unittests;

import io.counterflow.scorer.unittests.ProgramResult.Ran;
import io.counterflow.scorer.unittests.ScriptProcesses.Role;
import io.counterflow.scorer.unittests.TestResult.Status;
import io.counterflow.scorer.unittests.Tests.Call;
import io.counterflow.scorer.unittests.Tests.Case;
import io.counterflow.scorer.unittests.Tests.InputOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs one program for its cases: each with standard input in a process of its own, all calls in one. */
final class CaseRuns {

    private static final int MOST_OUTPUT = 16 << 20;
    private static final int SHOWN = 2000;

    private final ScriptProcesses processes;
    private final Duration testLimit;
    private final long end;

    CaseRuns(ScriptProcesses processes, Duration testLimit, Duration programLimit) {
        this.processes = processes;
        this.testLimit = testLimit;
        this.end = System.nanoTime() + programLimit.toNanos();
    }

    ProgramResult run(String source, Tests.Cases cases) throws IOException, InterruptedException {
        List<TestResult> results = new ArrayList<>();
        CalledProgram called = null;
        try {
            for (Case one : cases.cases()) {
                int index = results.size();
                long left = end - System.nanoTime();
                if (left <= 0 || called != null && called.ended()) {
                    results.add(TestResult.notRun("case " + (index + 1)));
                    continue;
                }
                Duration limit = Duration.ofNanos(Math.min(left, testLimit.toNanos()));
                if (one instanceof InputOutput io) {
                    results.add(CaseJudge.judge(index, one, written(source, io, limit)));
                } else {
                    called = called == null ? new CalledProgram(processes.take(Role.PROGRAM), source) : called;
                    results.add(CaseJudge.judge(index, one, called.call((Call) one, limit)));
                }
            }
        } finally {
            if (called != null) {
                called.close();
            }
        }
        return new Ran(true, "", results, Isolation.PROCESS);
    }

    private Answer written(String source, InputOutput io, Duration limit) throws IOException, InterruptedException {
        try (ScriptProcess process = processes.take(Role.CASE)) {
            long start = System.nanoTime();
            byte[] text = source.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            CompletableFuture<String> output = new CompletableFuture<>();
            Thread reader = daemon("case-output", () -> {
                try (var in = process.output()) {
                    byte[] all = in.readNBytes(MOST_OUTPUT);
                    output.complete(new String(all, java.nio.charset.StandardCharsets.UTF_8));
                    in.skip(Long.MAX_VALUE);
                } catch (IOException e) {
                    output.completeExceptionally(e);
                }
            });
            Thread writer = daemon("case-input", () -> {
                try (var to = process.input()) {
                    to.write((text.length + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                    to.write(text);
                    to.write(io.stdin().getBytes(java.nio.charset.StandardCharsets.UTF_8));
                } catch (IOException e) {
                    // A program need not read what it is given.
                }
            });
            CompletableFuture<Integer> code = process.ended();
            try {
                int exit = code.get(limit.toNanos(), TimeUnit.NANOSECONDS);
                Duration time = Duration.ofNanos(System.nanoTime() - start);
                String stdout = output.get(10, TimeUnit.SECONDS);
                if (exit == 0) {
                    return new Answer.Wrote(stdout, process.words(), time);
                }
                return new Answer.Threw(
                        "ended with exit code " + exit,
                        lastLine(process.words()),
                        shown(stdout),
                        process.words(),
                        time);
            } catch (TimeoutException e) {
                return new Answer.None(Status.TIME_LIMIT, "did not end within " + limit, limit);
            } catch (ExecutionException | CompletionException e) {
                return new Answer.None(Status.ENDED_PROCESS, "its output cannot be read: " + e.getCause(), limit);
            } finally {
                reader.interrupt();
                writer.interrupt();
            }
        }
    }

    static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static String lastLine(String words) {
        return words.isEmpty() ? "" : words.substring(words.lastIndexOf('\n') + 1);
    }

    private static String shown(String text) {
        return text.length() > SHOWN ? text.substring(0, SHOWN) : text;
    }
}
