package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.scorer.unittests.ProgramResult.Broken;
import io.counterflow.scorer.unittests.ProgramResult.Ran;
import io.counterflow.scorer.unittests.ProgramResult.UnusableTests;
import io.counterflow.scorer.unittests.TestResult.Status;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One program in one process and its tests in another. Carries what the two say to each other without looking into it, keeps the
 * time, and reads the verdict, which comes on a pipe that the program's process does not have. One thread, once.
 */
final class SplitRun implements AutoCloseable {

    private static final String GONE = "the program ended the process it ran in";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST = 32 << 20;
    private static final long MOST_FROM_PROGRAM = 512L << 20;
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private record Word(JsonNode verdict, String end) {}

    private final Optional<ScriptProcess> program;
    private final ScriptProcess tests;
    private final Duration testLimit;
    private final Duration programLimit;
    private final BlockingQueue<Word> words = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    private final List<String> names = new ArrayList<>();
    private final List<TestResult> results = new ArrayList<>();
    private String unsplittable;

    /** Without a process for the program, the program runs in the tests' one, and the task holds its text. */
    SplitRun(Optional<ScriptProcess> program, ScriptProcess tests, Duration testLimit, Duration programLimit) {
        this.program = program;
        this.tests = tests;
        this.testLimit = testLimit;
        this.programLimit = programLimit;
    }

    /** Why the tests cannot be split from their program, null where they can; known when {@link #run} has returned null. */
    String unsplittable() {
        return unsplittable;
    }

    /** Runs them; null where the tests cannot be split from their program. */
    ProgramResult run(byte[] source, byte[] task) throws InterruptedException {
        start("script-program", () -> {
            if (program.isEmpty()) {
                ScriptProcess.send(tests.input(), task);
                return;
            }
            DataInputStream fromProgram = program.get().output();
            // The program's process says that it is up before it has a byte of the program.
            if (ScriptProcess.receive(fromProgram, 64) == null) {
                words.add(new Word(null, "the program's process did not come up: " + others()));
                return;
            }
            ScriptProcess.send(program.get().input(), source);
            ScriptProcess.send(tests.input(), task);
            carry(fromProgram, tests.input());
        });
        start("script-tests", () -> readVerdicts(tests.output()));
        return verdict();
    }

    private ProgramResult verdict() throws InterruptedException {
        boolean ready = false;
        long now = System.nanoTime();
        long deadline = now + START_LIMIT.toNanos();
        long end = Long.MAX_VALUE;
        for (; ; ) {
            Word word = words.poll(Math.max(0, Math.min(deadline, end) - System.nanoTime()), TimeUnit.NANOSECONDS);
            now = System.nanoTime();
            if (word == null && !ready) {
                return new Broken("the tests' process did not come up within " + START_LIMIT + ": " + others());
            }
            if (word == null) {
                return deadline <= end
                        ? cutShort(Status.TIME_LIMIT, "did not end within " + testLimit)
                        : cutShort(Status.TIME_LIMIT, "the program's tests did not end within " + programLimit);
            }
            if (word.end() != null && !ready) {
                return new Broken(word.end());
            }
            if (word.end() != null) {
                return cutShort(Status.ENDED_PROCESS, word.end());
            }
            JsonNode said = word.verdict();
            if (said.has("ready")) {
                ready = true;
                end = now + programLimit.toNanos();
                deadline = now + testLimit.toNanos();
            } else if (said.has("names")) {
                said.get("names").forEach(name -> names.add(name.asText()));
                deadline = now + testLimit.toNanos();
            } else if (said.has("start")) {
                deadline = now + testLimit.toNanos();
            } else if (said.has("end")) {
                take(said);
                deadline = now + testLimit.toNanos();
            } else if (said.has("invalid")) {
                return new Ran(false, said.get("invalid").asText(), List.of(), isolation());
            } else if (said.has("unusable")) {
                return new UnusableTests(said.get("unusable").asText());
            } else if (said.has("unsplittable")) {
                unsplittable = said.get("unsplittable").asText();
                return null;
            } else if (said.has("broken")) {
                return new Broken(
                        "the tests' process failed: " + said.get("broken").asText());
            } else if (said.has("done")) {
                return results.size() == names.size() && !names.isEmpty()
                        ? new Ran(true, "", results, isolation())
                        : cutShort(Status.ENDED_PROCESS, GONE);
            }
        }
    }

    private Isolation isolation() {
        return program.isPresent() ? Isolation.PROCESS : Isolation.SHARED;
    }

    private void take(JsonNode said) {
        if (results.size() >= names.size()) {
            return;
        }
        boolean passed = said.has("failure") && said.get("failure").isNull();
        boolean gone = said.path("gone").asBoolean();
        results.add(new TestResult(
                names.get(results.size()),
                passed ? Status.PASSED : gone ? Status.ENDED_PROCESS : Status.FAILED,
                passed ? "" : said.path("failure").asText(),
                said.path("stdout").asText(),
                said.path("stderr").asText(),
                Duration.ofNanos(1000 * said.path("micros").asLong())));
    }

    private Ran cutShort(Status status, String message) {
        if (names.isEmpty()) {
            names.add("main");
        }
        List<TestResult> all = new ArrayList<>(results);
        Duration time = status == Status.TIME_LIMIT ? testLimit : Duration.ZERO;
        if (all.size() < names.size()) {
            all.add(new TestResult(
                    names.get(all.size()),
                    status,
                    message,
                    "",
                    program.map(ScriptProcess::words).orElse(""),
                    time));
        }
        while (all.size() < names.size()) {
            all.add(TestResult.notRun(names.get(all.size())));
        }
        return new Ran(true, "", all, isolation());
    }

    private String others() {
        String text = (program.map(ScriptProcess::words).orElse("") + " " + tests.words()).strip();
        return text.isEmpty() ? "(they said nothing)" : text.replaceAll("\\s*\\R\\s*", " | ");
    }

    /** Carries what the program says to its tests, up to a bound; then it is gone for them. */
    private static void carry(DataInputStream from, OutputStream to) throws IOException {
        long carried = 0;
        String end = GONE;
        try {
            for (byte[] message; (message = ScriptProcess.receive(from, LONGEST)) != null; ) {
                carried += message.length;
                if (carried > MOST_FROM_PROGRAM) {
                    end = "the program said more than " + MOST_FROM_PROGRAM + " bytes";
                    break;
                }
                ScriptProcess.send(to, message);
            }
        } catch (IOException e) {
            end = "the program's answers broke off: " + e.getMessage();
        }
        ScriptProcess.send(to, JSON.writeValueAsBytes(List.of("gone", end)));
    }

    private void readVerdicts(DataInputStream from) throws IOException {
        for (byte[] message; (message = ScriptProcess.receive(from, LONGEST + 1)) != null; ) {
            byte[] body = Arrays.copyOfRange(message, 1, message.length);
            if (message[0] == 'V') {
                words.add(new Word(JSON.readTree(new String(body, StandardCharsets.UTF_8)), null));
            } else if (program.isPresent()) {
                try {
                    ScriptProcess.send(program.get().input(), body);
                } catch (IOException e) {
                    // The program is gone, which its tests are told when its last words are read.
                }
            }
        }
        words.add(new Word(null, "the tests' process ended: " + others()));
    }

    private interface Work {
        void run() throws IOException;
    }

    private void start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        words.add(new Word(null, "the talk between program and tests broke off: " + e.getMessage()));
                    }
                },
                name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        threads.forEach(Thread::interrupt);
        try {
            tests.close();
        } finally {
            if (program.isPresent()) {
                program.get().close();
            }
        }
    }
}
