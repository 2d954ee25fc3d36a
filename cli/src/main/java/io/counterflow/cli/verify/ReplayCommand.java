package io.counterflow.cli.verify;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.cli.report.Figures;
import io.counterflow.trainer.TrainerListener;
import io.counterflow.trainer.replay.Replay;
import io.counterflow.trainer.replay.ReplayRequest;
import io.counterflow.trainer.replay.ReplayResult;
import io.counterflow.trainer.step.StepOutcome;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code counterflow replay}. Exit code 1 when what comes out is not what came out before. */
@Command(
        name = "replay",
        description =
                "Trains a run again from the log, without producer or scorer, and compares the result with the first time.",
        mixinStandardHelpOptions = true)
public final class ReplayCommand implements Callable<Integer> {

    @Mixin
    private LogOptions logOptions;

    @Option(names = "--run", required = true, paramLabel = "ID", description = "The run.")
    private String runId;

    @Option(
            names = "--until",
            paramLabel = "STEP",
            description = "Replay up to this step (default: all steps of the ledger).")
    private Long until;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Where the initial policy is now (default: where the ledger says).")
    private Path model;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Save the rebuilt policy and its optimizer state here.")
    private Path output;

    @Override
    public Integer call() {
        PrintStream out = System.out;
        RunFolders folders = logOptions.folders();
        Path checkpoints = folders.run(runId).checkpoints();
        InstantSource clock = InstantSource.system();
        try (LogAccess access = logOptions.open()) {
            Stages stages = new Stages(out, clock, 1, Terminal.isThere());
            ReplayRequest request =
                    new ReplayRequest(runId, until, model, Files.isDirectory(checkpoints) ? checkpoints : null, output);
            long startedAt = clock.millis();
            ReplayResult result;
            try (Progress progress = new Progress(stages)) {
                result = new Replay(access.log(), request, progress).run();
            }
            out.printf(
                    Locale.ROOT,
                    "replayed %d steps of run %s in %d s%n",
                    result.step(),
                    runId,
                    (clock.millis() - startedAt) / 1000);
            out.println("weights    sha256 " + result.weightsSha256());
            out.println("first time sha256 "
                    + (result.expectedSha256() == null
                            ? "(unknown: no checkpoint of this step)"
                            : result.expectedSha256()));
            if (output != null) {
                out.println("saved to " + output);
            }
            if (result.identical()) {
                out.println("identical");
                return 0;
            }
            out.println("NOT identical"
                    + (result.firstDifference().isPresent()
                            ? "; the first step that came out differently is "
                                    + result.firstDifference().getAsLong()
                            : ""));
            out.println(
                    result.environment().isEmpty()
                            ? "machine and software that decide the last bits are those of the run, as far as it noted them"
                            : "what decides the last bits has changed: " + String.join("; ", result.environment()));
            return 1;
        }
    }

    private static final class Progress implements TrainerListener, AutoCloseable {
        private final Stages stages;
        private Stages.Bar bar;

        private Progress(Stages stages) {
            this.stages = stages;
        }

        @Override
        public void started(String runId, long step, long totalSteps) {
            bar = stages.start("replaying " + runId, totalSteps);
        }

        @Override
        public void stepApplied(long step, StepOutcome outcome, boolean again) {
            bar.at(step, "loss " + Figures.number(outcome.loss(), 4));
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
            }
        }
    }
}
