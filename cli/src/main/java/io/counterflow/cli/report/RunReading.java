package io.counterflow.cli.report;

import io.counterflow.cli.progress.Stages;
import io.counterflow.log.Log;
import java.util.Objects;

/** Reads runs back with every processor of the machine, and shows how far that is. For one thread. */
public final class RunReading {

    private final RunReader reader;
    private final Stages stages;

    public RunReading(Log log, Stages stages) {
        this.reader = new RunReader(log, Runtime.getRuntime().availableProcessors());
        this.stages = Objects.requireNonNull(stages, "stages");
    }

    /**
     * The run as far as the log holds it now.
     *
     * @throws io.counterflow.log.ledger.UnknownRunException where the log has no ledger of this run
     */
    public RunSummary read(String runId, String title) {
        try (Shown shown = new Shown(runId)) {
            return reader.read(runId, title, shown);
        }
    }

    /** Nothing is shown of a run without evaluations: it takes no time. */
    private final class Shown implements RunReader.Progress, AutoCloseable {
        private final String runId;
        private Stages.Bar bar;

        Shown(String runId) {
            this.runId = runId;
        }

        @Override
        public void measured(int evaluations, int of) {
            if (bar == null) {
                bar = stages.aside("log-probabilities of " + runId + "'s evaluations under its first policy", of);
            }
            bar.at(evaluations, "evaluations");
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
            }
        }
    }
}
