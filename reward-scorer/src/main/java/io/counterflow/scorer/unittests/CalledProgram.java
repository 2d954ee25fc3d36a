package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.counterflow.scorer.unittests.TestResult.Status;
import io.counterflow.scorer.unittests.Tests.Call;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A program that is called from here, in the place of tests: it is asked as they would ask, with data alone. What it answers is
 * read as {@link TaggedValue}s. One thread.
 */
final class CalledProgram implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
            .configure(com.fasterxml.jackson.core.json.JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS.mappedFeature(), true);
    private static final int LONGEST = 32 << 20;
    private static final byte[] END = new byte[0];

    private final ScriptProcess process;
    private final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>(64);
    private final String source;
    private boolean loaded;
    private boolean ended;
    private Answer failedToLoad;
    private int requests;
    private String wrote = "";

    CalledProgram(ScriptProcess process, String source) {
        this.process = process;
        this.source = source;
        CaseRuns.daemon("case-answers", () -> {
            try (DataInputStream in = process.output()) {
                for (byte[] message; (message = ScriptProcess.receive(in, LONGEST)) != null; ) {
                    messages.put(message);
                }
                messages.put(END);
            } catch (IOException e) {
                messages.offer(END);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Whether it cannot be called any more. */
    boolean ended() {
        return ended;
    }

    Answer call(Call call, Duration limit) throws IOException, InterruptedException {
        long start = System.nanoTime();
        if (!loaded) {
            loaded = true;
            if (messages.poll(60, TimeUnit.SECONDS) == null) {
                throw new IOException("the program's process did not come up: " + process.words());
            }
            ScriptProcess.send(
                    process.input(),
                    JSON.writeValueAsBytes(JSON.createObjectNode().put("source", source)));
            start = System.nanoTime();
            Answer answer = ask(JSON.createArrayNode(), "load", start, limit);
            failedToLoad = answer instanceof Answer.Returned ? null : answer;
        }
        if (failedToLoad != null) {
            return failedToLoad;
        }
        ArrayNode fixed = JSON.createArrayNode().add(call.function());
        fixed.add(JSON.valueToTree(call.arguments()));
        fixed.add(JSON.valueToTree(call.keywords()));
        wrote = "";
        return ask(fixed, "main", start, limit);
    }

    private Answer ask(ArrayNode fixed, String operation, long start, Duration limit)
            throws IOException, InterruptedException {
        requests++;
        long deadline = start + limit.toNanos();
        send(JSON.createArrayNode()
                .add("q")
                .add(requests)
                .add(operation)
                .add(fixed)
                .add(JSON.createArrayNode()));
        for (; ; ) {
            byte[] message = messages.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            Duration time = Duration.ofNanos(System.nanoTime() - start);
            if (message == null) {
                ended = true;
                return new Answer.None(Status.TIME_LIMIT, "did not end within " + limit, time);
            }
            if (message == END) {
                ended = true;
                return new Answer.None(Status.ENDED_PROCESS, "ended the process it ran in", time);
            }
            try {
                JsonNode said = JSON.readTree(message);
                String kind = said.path(0).asText();
                if (kind.equals("o")) {
                    wrote = wrote.length() > 2000 ? wrote : wrote + said.path(2).asText();
                } else if (kind.equals("q")) {
                    // There is nothing to read and nothing else to ask for.
                    send(JSON.createArrayNode()
                            .add("r")
                            .add(said.path(1))
                            .add("")
                            .add(JSON.createArrayNode()));
                } else if (kind.equals("r") && said.path(1).asInt() == requests) {
                    TaggedValue value = TaggedValue.read(said.path(2));
                    return new Answer.Returned(value.json(), value.unordered(), time);
                } else if (kind.equals("x") && said.path(1).asInt() == requests) {
                    return threw(said.path(2), time);
                } else {
                    throw new IllegalArgumentException("it is no answer");
                }
            } catch (IOException | IllegalArgumentException | StackOverflowError e) {
                ended = true;
                return new Answer.None(
                        Status.FAILED, "what the program answered cannot be read: " + e.getMessage(), time);
            }
        }
    }

    private Answer threw(JsonNode error, Duration time) {
        // The names of its types, the closest first, each with its module.
        String type = error.path(0).path(0).path(1).asText("an error");
        return new Answer.Threw(type, error.path(3).asText(), wrote, process.words(), time);
    }

    private void send(JsonNode message) throws IOException {
        try {
            ScriptProcess.send(process.input(), JSON.writeValueAsBytes(message));
        } catch (IOException e) {
            // It is gone; the end of its answers says so.
        }
    }

    @Override
    public void close() throws IOException {
        process.close();
    }
}
