package io.counterflow.cli.quickstart;

import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.BrokerFailure;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.log.RunFolders.RunFolder;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.cli.run.RunChoice;
import io.counterflow.cli.run.RunStages;
import io.counterflow.cli.run.StopOnSignal;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code counterflow quickstart}. */
@Command(
        name = "quickstart",
        description =
                "Runs everything once, on a real broker: makes a base policy that often writes wrong programs, and aligns it with unit tests.",
        mixinStandardHelpOptions = true)
public final class QuickstartCommand implements Callable<Integer> {

    @Mixin
    private LogOptions logOptions;

    @Mixin
    private RunChoice choice;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of everything random (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--steps", paramLabel = "N", description = "Optimizer steps.")
    private Integer steps;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Set any key of the run's configuration. May be repeated.")
    private List<String> settings = List.of();

    @Override
    public Integer call() throws Exception {
        RunFolders folders = logOptions.folders();
        RunFolder run = choice.folder(folders, Optional.empty());
        ConfigFile user = ConfigFile.empty();
        if (steps != null) {
            user = user.with("trainer.steps=" + steps);
        }
        for (String setting : settings) {
            user = user.set(setting);
        }
        InstantSource clock = InstantSource.system();
        Quickstart quickstart = new Quickstart(folders, run, user, seed, clock);
        RunStages stages = new RunStages(folders, run, quickstart, System.out, clock, Terminal.isThere());
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread())) {
            return perform(stages, run);
        }
    }

    /** Inside what holds the JVM's end up, or nobody would read where to go on. */
    private int perform(RunStages stages, RunFolder run) {
        try {
            stages.run(logOptions.settings());
            return 0;
        } catch (InterruptedException e) {
            BrokerFailure.rethrow(e);
            System.err.println("stopped; go on with: ./counterflow quickstart --resume --run " + run.runId()
                    + logOptions.folders().option());
            return 130;
        }
    }
}
