package io.counterflow.scorer.remote;

import io.counterflow.scorer.ScoreOutcome;
import io.counterflow.scorer.ScoreRequest;
import io.counterflow.scorer.Scorer;
import io.counterflow.scorer.exchange.JsonExchange;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Scores with processes that read and write lines; see {@link CommandScorerFactory}. Each concurrent call has a process of its own.
 * One that was interrupted, died or stopped answering is not used again. Thread-safe.
 */
final class CommandScorer implements Scorer {

    private record Running(Process process, BufferedWriter in, BufferedReader out) {
        void end() {
            process.destroyForcibly();
        }
    }

    private final CommandScorerFactory.Config config;
    private final Deque<Running> idle = new ArrayDeque<>();
    private boolean closed;

    CommandScorer(CommandScorerFactory.Config config) {
        this.config = config;
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws IOException, InterruptedException {
        Running running = take();
        boolean whole = false;
        try {
            List<ScoreOutcome> outcomes = exchange(running, batch);
            whole = true;
            return outcomes;
        } finally {
            if (whole) {
                giveBack(running);
            } else {
                running.end();
            }
        }
    }

    private List<ScoreOutcome> exchange(Running running, List<ScoreRequest> batch)
            throws IOException, InterruptedException {
        List<ScoreOutcome> outcomes = new ArrayList<>();
        // Line by line: a process that fills its output before it has read its input would wait for us, and we for it.
        for (ScoreRequest request : batch) {
            running.in.write(JsonExchange.write(request));
            running.in.newLine();
            running.in.flush();
            while (!running.out.ready() && running.process.isAlive()) {
                // Ready is false at the end of the stream too, so the process is asked as well.
                Thread.sleep(1);
            }
            String line = running.out.readLine();
            if (line == null) {
                throw new IOException(config.command() + " ended with exit code " + running.process.waitFor()
                        + " after " + outcomes.size() + " of " + batch.size() + " outcomes");
            }
            outcomes.add(JsonExchange.readOutcome(line));
        }
        return outcomes;
    }

    private Running take() throws IOException {
        synchronized (this) {
            if (closed) {
                throw new IOException("the scorer is closed");
            }
            for (Running running; (running = idle.poll()) != null; ) {
                if (running.process.isAlive()) {
                    return running;
                }
            }
        }
        ProcessBuilder builder = new ProcessBuilder(config.command()).redirectError(ProcessBuilder.Redirect.INHERIT);
        if (config.folder() != null) {
            builder.directory(config.folder().toFile());
        }
        builder.environment().putAll(config.environment());
        Process process = builder.start();
        return new Running(
                process, process.outputWriter(StandardCharsets.UTF_8), process.inputReader(StandardCharsets.UTF_8));
    }

    private synchronized void giveBack(Running running) {
        if (closed) {
            running.end();
        } else {
            idle.push(running);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.forEach(Running::end);
        idle.clear();
    }
}
