package io.counterflow.scorer.unittests;

import io.counterflow.scorer.unittests.ProgramResult.Broken;
import io.counterflow.scorer.unittests.ProgramResult.Ran;
import io.counterflow.scorer.unittests.TestResult.Status;
import io.counterflow.scorer.unittests.worker.Protocol;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One batch on one worker: what its frames say, and what their absence does. One thread, once. */
final class JavaBatch {

    private final JavaWorker worker;
    private final List<TestedProgram> programs;
    private final Duration testLimit;
    private final Duration compileLimit;

    private final Map<Integer, ProgramResult> results = new TreeMap<>();
    private int running = -1;
    private List<String> names = List.of();
    private List<TestResult> tests = new ArrayList<>();
    private boolean died;

    JavaBatch(JavaWorker worker, List<TestedProgram> programs, Duration testLimit, Duration compileLimit) {
        this.worker = worker;
        this.programs = programs;
        this.testLimit = testLimit;
        this.compileLimit = compileLimit;
    }

    /** Results by index in the batch; those that are missing were not run. */
    Map<Integer, ProgramResult> results() {
        return results;
    }

    /** Whether the worker ended in the middle of the batch. */
    boolean died() {
        return died;
    }

    /** The program that was running when the batch ended, -1 when none was. */
    int running() {
        return running;
    }

    /** Runs the batch; returns whether the worker can be used again. */
    boolean run() throws IOException {
        long nonce;
        try {
            nonce = worker.send(programs);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            died = true;
            return false;
        }
        long deadline = System.nanoTime() + compileLimit.toNanos();
        for (; ; ) {
            Frame frame = worker.read(deadline);
            switch (frame.kind()) {
                case END -> {
                    died = true;
                    return false;
                }
                case LATE -> {
                    late();
                    return false;
                }
                case MESSAGE -> {
                    if (frame.nonce() != nonce) {
                        throw new IOException("a frame from the Java worker does not carry its batch's nonce");
                    }
                    if (frame.body().get(0) == Protocol.BATCH_ENDED) {
                        frame.body().get();
                        return Frame.text(frame.body()).isEmpty() && results.size() == programs.size();
                    }
                    take(frame.body());
                    deadline = System.nanoTime() + testLimit.toNanos();
                }
            }
        }
    }

    private void take(ByteBuffer body) throws IOException {
        byte kind = body.get();
        int program = body.getInt();
        switch (kind) {
            case Protocol.NOT_COMPILED ->
                results.put(program, new Ran(false, Frame.text(body), List.of(), Isolation.SHARED));
            case Protocol.BROKEN -> results.put(program, new Broken(Frame.text(body)));
            case Protocol.PROGRAM -> {
                running = program;
                tests = new ArrayList<>();
                names = new ArrayList<>();
                for (int n = body.getInt(); n > 0; n--) {
                    names.add(Frame.text(body));
                }
                finishIfAllEnded();
            }
            case Protocol.TEST_STARTED -> {}
            case Protocol.TEST_ENDED -> {
                int test = body.getInt();
                Status status = body.get() == 1 ? Status.PASSED : Status.FAILED;
                tests.add(new TestResult(
                        names.get(test),
                        status,
                        Frame.text(body),
                        Frame.text(body),
                        Frame.text(body),
                        Duration.ofNanos(body.getLong())));
                finishIfAllEnded();
            }
            default -> throw new IOException("a frame from the Java worker is of unknown kind " + kind);
        }
    }

    private void finishIfAllEnded() {
        if (tests.size() == names.size()) {
            results.put(running, new Ran(true, "", tests, Isolation.SHARED));
            running = -1;
        }
    }

    private void late() {
        if (running >= 0) {
            results.put(running, withCurrentTest(running, Status.TIME_LIMIT, "did not end within " + testLimit));
            running = -1;
        } else if (results.isEmpty() && programs.size() == 1) {
            results.put(
                    0, new Ran(false, "the compiler did not end within " + compileLimit, List.of(), Isolation.SHARED));
        }
    }

    /** The running program's result when its current test ends like this and the others are not run. */
    Ran withCurrentTest(int program, Status status, String message) {
        if (program != running) {
            throw new IllegalStateException("program " + program + " is not running");
        }
        List<TestResult> all = new ArrayList<>(tests);
        if (all.size() < names.size()) {
            Duration time = status == Status.TIME_LIMIT ? testLimit : Duration.ZERO;
            all.add(new TestResult(names.get(all.size()), status, message, "", "", time));
        }
        while (all.size() < names.size()) {
            all.add(TestResult.notRun(names.get(all.size())));
        }
        return new Ran(true, "", all, Isolation.SHARED);
    }
}
