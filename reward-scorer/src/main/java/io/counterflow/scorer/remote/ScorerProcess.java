package io.counterflow.scorer.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.exchange.JsonExchange;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A process that answers one line for each line. Every request has an identifier that no other request to this process has, and its answer must
 * repeat it: a line too many or too few can then never become another completion's score. After anything else than an answer the process is not
 * usable any more. For one thread at a time; {@link #end} may come from any.
 */
final class ScorerProcess {

    /** Most bytes in a line of an answer. */
    static final int LONGEST_LINE = 16 << 20;

    private sealed interface Said {}

    private record Line(byte[] bytes) implements Said {}

    private record TooLong() implements Said {}

    private record Ended() implements Said {}

    private final Process process;
    private final Thread reader;
    private final Thread writer;
    private final BlockingQueue<byte[]> toWrite = new LinkedBlockingQueue<>();
    // Bounded: a process that talks without end waits, and takes no memory of ours.
    private final BlockingQueue<Said> said = new ArrayBlockingQueue<>(16);
    private long requests;
    private boolean usable = true;

    private ScorerProcess(Process process) {
        this.process = process;
        // Threads of their own, since neither reading nor writing a pipe can be interrupted, and a process that does
        // not read what it is sent until
        // its own output is read would wait for us while we wait for it.
        reader = daemon("scorer-process-output", this::read);
        writer = daemon("scorer-process-input", this::write);
    }

    static ScorerProcess start(CommandScorerFactory.Config config) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(config.command()).redirectError(ProcessBuilder.Redirect.INHERIT);
        if (config.folder() != null) {
            builder.directory(config.folder().toFile());
        }
        builder.environment().putAll(config.environment());
        ScorerProcess started = new ScorerProcess(builder.start());
        started.reader.start();
        started.writer.start();
        return started;
    }

    private static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Whether it may be asked once more. */
    boolean usable() {
        return usable && process.isAlive();
    }

    /** The outcome that the process answers; {@link Failed} where it answers anything else, or ends. */
    ScoreOutcome ask(ScoreRequest request) throws InterruptedException {
        String id = request.id() + "#" + ++requests;
        ObjectNode node = JsonExchange.node(request);
        node.put("id", id);
        usable = false;
        toWrite.add((JsonExchange.text(node) + "\n").getBytes(StandardCharsets.UTF_8));
        Said answer = said.take();
        if (answer instanceof Line line) {
            return outcome(line.bytes, id);
        }
        return answer instanceof TooLong
                ? new Failed("the command wrote a line of more than " + LONGEST_LINE + " bytes")
                : new Failed("the command ended with exit code " + process.waitFor() + " before it had answered " + id);
    }

    private ScoreOutcome outcome(byte[] line, String id) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line))
                    .toString();
        } catch (CharacterCodingException e) {
            return new Failed("the command wrote a line that is no UTF-8");
        }
        JsonNode node;
        try {
            node = JsonExchange.tree(text);
        } catch (IllegalArgumentException e) {
            return new Failed(
                    "the command wrote a line to its standard output that is no outcome (what is to be read by people belongs on"
                            + " standard error): " + e.getMessage());
        }
        if (!node.path("id").isTextual()) {
            return new Failed("the command's answer does not repeat the \"id\" of its request, \"" + id
                    + "\", so that nobody can tell what it answers: " + JsonExchange.shorten(text));
        }
        if (!node.get("id").asText().equals(id)) {
            return new Failed("the command answered \""
                    + JsonExchange.shorten(node.get("id").asText()) + "\" where \"" + id + "\" was asked");
        }
        usable = true;
        return JsonExchange.readOutcome(node);
    }

    private void write() {
        try (OutputStream out = process.getOutputStream()) {
            for (; ; ) {
                out.write(toWrite.take());
                out.flush();
            }
        } catch (IOException | InterruptedException e) {
            // The process ended, which the reader says, or it is ended from here.
        }
    }

    private void read() {
        try (InputStream in = new BufferedInputStream(process.getInputStream(), 1 << 16)) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int next; (next = in.read()) >= 0; ) {
                if (next == '\n') {
                    said.put(new Line(line.toByteArray()));
                    line.reset();
                } else if (line.size() == LONGEST_LINE) {
                    said.put(new TooLong());
                    return;
                } else {
                    line.write(next);
                }
            }
        } catch (IOException e) {
            // As at the end of its output.
        } catch (InterruptedException e) {
            return;
        }
        try {
            said.put(new Ended());
        } catch (InterruptedException e) {
            // Nobody reads any more.
        }
    }

    /** Ends the process and what reads and writes it. */
    void end() {
        process.destroyForcibly();
        reader.interrupt();
        writer.interrupt();
    }
}
