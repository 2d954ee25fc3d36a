package io.counterflow.scorer.remote;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Scores with processes that read and write lines; see {@link CommandScorerFactory}. Each concurrent call has a process of its own.
 * One that was interrupted, died or said anything but an answer is not used again: the next completion gets a new one. Thread-safe.
 */
final class CommandScorer implements Scorer {

    private final CommandScorerFactory.Config config;
    private final Deque<ScorerProcess> idle = new ArrayDeque<>();
    private boolean closed;

    CommandScorer(CommandScorerFactory.Config config) {
        this.config = config;
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws IOException, InterruptedException {
        List<ScoreOutcome> outcomes = new ArrayList<>();
        for (ScoreRequest request : batch) {
            ScorerProcess process = take();
            try {
                outcomes.add(process.ask(request));
            } finally {
                giveBack(process);
            }
        }
        return outcomes;
    }

    private ScorerProcess take() throws IOException {
        synchronized (this) {
            if (closed) {
                throw new IOException("the scorer is closed");
            }
            for (ScorerProcess process; (process = idle.poll()) != null; ) {
                if (process.usable()) {
                    return process;
                }
                process.end();
            }
        }
        return ScorerProcess.start(config);
    }

    private synchronized void giveBack(ScorerProcess process) {
        if (closed || !process.usable()) {
            process.end();
        } else {
            idle.push(process);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.forEach(ScorerProcess::end);
        idle.clear();
    }
}
