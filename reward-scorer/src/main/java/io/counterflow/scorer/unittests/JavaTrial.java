package io.counterflow.scorer.unittests;

import io.counterflow.scorer.unittests.ProgramResult.Ran;
import io.counterflow.scorer.unittests.ProgramResult.UnusableTests;
import io.counterflow.scorer.unittests.TestResult.Status;
import io.counterflow.scorer.unittests.judge.Messages;
import io.counterflow.scorer.unittests.program.ProgramMain;
import io.counterflow.scorer.unittests.wire.ValueReader;
import io.counterflow.scorer.unittests.wire.ValueWriter;
import io.counterflow.scorer.unittests.wire.WireException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One program: its JVM, the JVM of its tests, and the way between them, which leads through here. The verdict is what the tests' JVM
 * says on its own connection; a time limit begins with a test and nothing that the program does moves it. One thread, once.
 */
final class JavaTrial implements AutoCloseable {

    /**
     * How it ended.
     *
     * @param result what became of the program; empty where the tests' JVM died
     * @param unsplittable why its tests cannot be split from it, where they cannot
     * @param reusable whether the tests' JVM can be used again
     */
    record Ending(Optional<ProgramResult> result, Optional<String> unsplittable, boolean reusable) {}

    /** Between tests, and for the tests' JVM to come to its end when its program is gone. */
    private static final Duration GRACE = Duration.ofSeconds(20);

    private final TestedProgram program;
    private final JvmLink judge;
    private final JvmPool programs;
    private final UnitTestsConfig config;
    private final Optional<JavaCases> cases;

    private SandboxedJvm jvm;
    private boolean gone;
    private byte[] classes = new byte[0];
    private List<String> names = List.of();
    private final List<TestResult> tests = new ArrayList<>();
    private boolean ready;
    private boolean testing;
    private boolean over;
    private boolean answeredAlready;
    private Duration limit;
    private long deadline;
    private long programDeadline;
    private ProgramResult result;
    private String unsplittable;

    JavaTrial(TestedProgram program, JvmLink judge, JvmPool programs, UnitTestsConfig config) {
        this.program = program;
        this.judge = judge;
        this.programs = programs;
        this.config = config;
        this.cases = program.tests() instanceof Tests.Cases some ? Optional.of(new JavaCases(some)) : Optional.empty();
    }

    Ending run() throws IOException, InterruptedException {
        judge.send(Messages.TASK, task());
        allow(config.compileLimit());
        boolean reusable = false;
        try (Selector selector = Selector.open()) {
            for (boolean done = false; !done; ) {
                for (ByteBuffer message; !done && (message = judge.read()) != null; ) {
                    Optional<Boolean> end = take(message);
                    done = end.isPresent();
                    reusable = end.orElse(false);
                }
                forward();
                if (done || judge.ended()) {
                    break;
                }
                if (System.nanoTime() > deadline && !late()) {
                    break;
                }
                select(selector);
            }
        } catch (WireException e) {
            throw new IOException(e.getMessage());
        }
        if (result == null && ready && (over || tests.size() == names.size() || reusable)) {
            result = ran(Status.NOT_RUN, "");
        }
        return new Ending(Optional.ofNullable(result), Optional.ofNullable(unsplittable), reusable);
    }

    private byte[] task() {
        ValueWriter out = new ValueWriter(null, List.of());
        out.writeByte(cases.map(JavaCases::form).orElse(Messages.CODE));
        out.writeText(program.source());
        out.writeInt(program.given().length());
        out.writeText(cases.isPresent() ? "" : JavaTests.text(program.code()));
        out.write(cases.map(JavaCases::described).orElse(List.of()));
        return out.toBytes();
    }

    private void allow(Duration time) {
        limit = time;
        deadline = System.nanoTime() + time.toNanos();
    }

    private void select(Selector selector) throws IOException {
        judge.register(selector, jvm != null && jvm.link().full());
        if (jvm != null) {
            jvm.link().register(selector, judge.full());
        }
        long milliseconds = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()) + 1;
        selector.select(Math.max(1, Math.min(milliseconds, 1000)));
        selector.selectedKeys().clear();
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted while a Java program runs");
        }
        judge.write();
        if (jvm != null) {
            jvm.link().write();
        }
    }

    /** Takes a message of the tests' JVM; at the end of the task it returns whether that JVM can be used again. */
    private Optional<Boolean> take(ByteBuffer message) throws IOException, InterruptedException {
        byte kind = message.get();
        if (kind == Messages.TALK) {
            if (jvm != null && !gone) {
                byte[] said = new byte[message.remaining()];
                message.get(said);
                jvm.link().send(ProgramMain.TALK, said);
            }
            return Optional.empty();
        }
        ValueReader in = new ValueReader(null, message, List.of());
        switch (kind) {
            case Messages.NOT_COMPILED -> result = new Ran(false, in.readText(), List.of(), Isolation.PROCESS);
            case Messages.UNUSABLE -> result = new UnusableTests(in.readText());
            case Messages.UNSPLITTABLE -> unsplittable = in.readText();
            case Messages.READY -> {
                ready = true;
                names = new ArrayList<>();
                for (int n = in.readInt(); n > 0; n--) {
                    names.add(in.readText());
                }
                classes = new byte[message.remaining()];
                message.get(classes);
                allow(GRACE);
                if (cases.isEmpty()) {
                    begin();
                }
            }
            case Messages.TEST_STARTED -> started();
            case Messages.TEST_ENDED -> ended(in);
            case Messages.ANSWER -> {
                testing = false;
                allow(GRACE);
                if (!over && !answeredAlready) {
                    answered(cases.orElseThrow().answer(in));
                }
                answeredAlready = false;
            }
            case Messages.DONE -> {
                return Optional.of(in.readText().isEmpty());
            }
            default -> throw new IOException("a message of kind " + kind + " from the tests' Java");
        }
        return Optional.empty();
    }

    /** Gives the program a JVM, or the one that it has its classes anew. */
    private void begin() throws IOException, InterruptedException {
        if (jvm == null || gone) {
            if (jvm != null) {
                jvm.close();
            }
            jvm = programs.take();
            gone = false;
        }
        jvm.link().send(ProgramMain.LOAD, classes);
        judge.send(Messages.START);
    }

    private void started() throws IOException, InterruptedException {
        if (cases.isPresent()) {
            if (over) {
                end("");
                return;
            }
            cases.get().begin();
            begin();
        }
        testing = true;
        if (tests.isEmpty()) {
            programDeadline = System.nanoTime() + config.programLimit().toNanos();
        }
        allow(config.testLimit());
        if (programDeadline - deadline < 0) {
            deadline = programDeadline;
        }
    }

    private void ended(ValueReader in) {
        testing = false;
        allow(GRACE);
        int test = in.readInt();
        boolean passed = in.readByte() == 1;
        Status status = passed ? Status.PASSED : gone ? Status.ENDED_PROCESS : Status.FAILED;
        TestResult ended = new TestResult(
                names.get(test), status, in.readText(), in.readText(), in.readText(), Duration.ofNanos((Long)
                        in.read()));
        if (!over) {
            tests.add(ended);
        }
    }

    private void answered(Answer answer) {
        tests.add(CaseJudge.judge(tests.size(), cases.orElseThrow().get(tests.size()), answer));
    }

    /** Hands on what the program said, and says when it is gone. */
    private void forward() throws InterruptedException {
        if (jvm == null || gone) {
            return;
        }
        try {
            for (ByteBuffer message; !judge.full() && (message = jvm.link().read()) != null; ) {
                byte kind = message.get();
                byte[] body = new byte[message.remaining()];
                message.get(body);
                if (kind == ProgramMain.TALK) {
                    judge.send(Messages.TALK, body);
                } else if (kind == ProgramMain.OUTPUT && body.length > 0) {
                    if (cases.isPresent()) {
                        cases.get().wrote(body);
                    } else {
                        judge.send(Messages.OUTPUT, body);
                    }
                }
            }
            if (jvm.link().ended()) {
                left();
            }
        } catch (IOException e) {
            end("the program's process sent what cannot be read: " + e.getMessage());
        }
    }

    private void left() throws InterruptedException {
        if (cases.isPresent() && testing && !over) {
            testing = false;
            answered(cases.get().left(jvm.exitCode(Duration.ofSeconds(2))));
            answeredAlready = true;
        }
        end("ended the process it ran in");
    }

    private void end(String why) {
        gone = true;
        if (jvm != null) {
            jvm.close();
        }
        judge.send(Messages.ENDED, text(why.isEmpty() ? "the program is not run any more" : why));
    }

    private static byte[] text(String text) {
        ValueWriter out = new ValueWriter(null, List.of());
        out.writeText(text);
        return out.toBytes();
    }

    /** The time is over; returns whether the tests' JVM should be waited for. */
    private boolean late() {
        if (!ready) {
            String said = "the compiler did not end within " + limit;
            result = new Ran(false, said, List.of(), Isolation.PROCESS);
            return false;
        }
        if (!testing || over) {
            over = true;
            return false;
        }
        boolean together = deadline == programDeadline;
        String said = together
                ? "all tests together did not end within " + config.programLimit()
                : "did not end within " + config.testLimit();
        String name = names.get(tests.size());
        tests.add(new TestResult(name, Status.TIME_LIMIT, said, "", "", config.testLimit()));
        over = true;
        testing = false;
        end(said);
        allow(Duration.ofSeconds(3));
        return true;
    }

    /** The result when the current test ends like this and the others are not run. */
    private Ran ran(Status current, String message) {
        List<TestResult> all = new ArrayList<>(tests);
        if (current != Status.NOT_RUN && all.size() < names.size()) {
            all.add(new TestResult(names.get(all.size()), current, message, "", "", Duration.ZERO));
        }
        while (all.size() < names.size()) {
            all.add(TestResult.notRun(names.get(all.size())));
        }
        return new Ran(true, "", all, Isolation.PROCESS);
    }

    /** What is held against a program in which the tests' JVM ended. */
    ProgramResult verdictOfDeath(String lastWords) {
        if (!ready) {
            String said = "the compiler ended with its process, twice: " + lastWords;
            return new Ran(false, said, List.of(), Isolation.PROCESS);
        }
        return ran(Status.ENDED_PROCESS, "ended the process of its tests: " + lastWords);
    }

    @Override
    public void close() {
        if (jvm != null) {
            jvm.close();
        }
    }
}
