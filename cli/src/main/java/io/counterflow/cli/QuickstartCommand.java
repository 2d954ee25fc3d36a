package io.counterflow.cli;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.quickstart.Quickstart;
import io.counterflow.cli.run.LogOptions;
import io.counterflow.cli.run.RunFolders;
import io.counterflow.cli.run.RunFolders.RunFolder;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
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
final class QuickstartCommand implements Callable<Integer> {

    @Mixin
    private LogOptions logOptions;

    @Option(
            names = "--resume",
            description = "Go on with the newest run that has not ended, or with the one that --run names.")
    private boolean resume;

    @Option(names = "--run", paramLabel = "ID", description = "The run's name (default: made of the time).")
    private String runId;

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
        RunFolder run = run(folders);
        ConfigFile user = ConfigFile.empty();
        for (String setting : logOptions.settings()) {
            user = user.with(setting);
        }
        if (steps != null) {
            user = user.with("trainer.steps=" + steps);
        }
        for (String setting : settings) {
            user = user.with(setting);
        }
        Quickstart quickstart =
                new Quickstart(folders, run, user, seed, System.out, InstantSource.system(), System.console() != null);
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread())) {
            quickstart.run();
        } catch (InterruptedException e) {
            System.err.println("stopped; go on with: ./counterflow quickstart --resume --run " + run.runId());
            return 130;
        }
        return 0;
    }

    private RunFolder run(RunFolders folders) {
        if (!resume) {
            RunFolder run = folders.run(
                    runId == null
                            ? RunFolders.newRunId(InstantSource.system().instant(), new SplittableRandom())
                            : runId);
            if (java.nio.file.Files.exists(run.configuration())) {
                throw new ConfigException("there is a run '" + run.runId() + "' already in " + run.folder()
                        + "; add --resume to go on with it");
            }
            return run;
        }
        if (runId != null) {
            RunFolder run = folders.run(runId);
            if (!java.nio.file.Files.exists(run.configuration())) {
                throw new ConfigException("there is no run '" + runId + "' in " + folders.data() + " to go on with");
            }
            return run;
        }
        return folders.newestUnfinished()
                .orElseThrow(() -> new ConfigException(
                        "no run in " + folders.data() + " is unfinished; start one without --resume"));
    }
}
