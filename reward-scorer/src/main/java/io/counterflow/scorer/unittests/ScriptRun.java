package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.scorer.unittests.ProgramResult.Broken;
import io.counterflow.scorer.unittests.ProgramResult.Ran;
import io.counterflow.scorer.unittests.TestResult.Status;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** One run of a harness: what its lines say, and what their absence does. */
final class ScriptRun implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_LINE = 64 << 10;
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final String END = "";

    private final String nonce;
    private final Duration testLimit;
    private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(64);
    private final StringBuilder others = new StringBuilder();
    private final Thread reader;

    private final List<String> names = new ArrayList<>();
    private final List<TestResult> tests = new ArrayList<>();

    ScriptRun(Process process, String nonce, Duration testLimit) {
        this.nonce = nonce;
        this.testLimit = testLimit;
        this.reader = new Thread(() -> read(process), "script-output");
        reader.setDaemon(true);
        reader.start();
    }

    ProgramResult result() throws InterruptedException, IOException {
        for (; ; ) {
            Duration limit = names.isEmpty() ? START_LIMIT : testLimit;
            String line = lines.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
            if (line == null && names.isEmpty()) {
                return new Broken("the program's process did not come up within " + START_LIMIT + ": " + others());
            }
            if (line == null) {
                return cutShort(Status.TIME_LIMIT, "did not end within " + testLimit);
            }
            if (line.equals(END) && names.isEmpty()) {
                return new Broken("the program's process ended before its program ran: " + others());
            }
            if (line.equals(END)) {
                return cutShort(Status.ENDED_PROCESS, "ended the process it ran in");
            }
            String[] words = line.split(" ", 2);
            switch (words[0]) {
                case "invalid" -> {
                    return new Ran(false, JSON.readTree(words[1]).asText(), List.of(), Isolation.SHARED);
                }
                case "tests" -> JSON.readTree(words[1]).forEach(name -> names.add(name.asText()));
                case "end" -> {
                    take(words[1]);
                    if (tests.size() == names.size()) {
                        return new Ran(true, "", tests, Isolation.SHARED);
                    }
                }
                default -> {
                    // A test begins; its time limit is that of the next line.
                }
            }
        }
    }

    private void take(String text) throws IOException {
        String[] words = text.split(" ", 3);
        JsonNode result = JSON.readTree(words[2]);
        boolean passed = result.get("failure").isNull();
        tests.add(new TestResult(
                names.get(Integer.parseInt(words[0])),
                passed ? Status.PASSED : Status.FAILED,
                passed ? "" : result.get("failure").asText(),
                result.get("stdout").asText(),
                result.get("stderr").asText(),
                Duration.ofNanos(1000 * Long.parseLong(words[1]))));
    }

    private Ran cutShort(Status status, String message) {
        List<TestResult> all = new ArrayList<>(tests);
        Duration time = status == Status.TIME_LIMIT ? testLimit : Duration.ZERO;
        all.add(new TestResult(names.get(all.size()), status, message, "", "", time));
        while (all.size() < names.size()) {
            all.add(TestResult.notRun(names.get(all.size())));
        }
        return new Ran(true, "", all, Isolation.SHARED);
    }

    private String others() {
        synchronized (others) {
            String text = others.toString().strip();
            return text.isEmpty() ? "(it said nothing)" : text.replaceAll("\\s*\\R\\s*", " | ");
        }
    }

    private void read(Process process) {
        try (InputStream in = new BufferedInputStream(process.getInputStream())) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b; (b = in.read()) >= 0; ) {
                if (b == '\n') {
                    take(line);
                } else if (line.size() < MAX_LINE) {
                    line.write(b);
                }
            }
            take(line);
        } catch (IOException e) {
            // Killed; what was said before counts.
        } catch (InterruptedException e) {
            return;
        }
        try {
            lines.put(END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(ByteArrayOutputStream bytes) throws InterruptedException {
        String line = bytes.toString(StandardCharsets.UTF_8);
        bytes.reset();
        if (line.startsWith(nonce + " ")) {
            lines.put(line.substring(nonce.length() + 1));
        } else {
            synchronized (others) {
                if (others.length() < 2000) {
                    others.append(line, 0, Math.min(line.length(), 500)).append('\n');
                }
            }
        }
    }

    @Override
    public void close() {
        reader.interrupt();
    }
}
