package io.counterflow.cli.services;

import io.counterflow.cli.check.ConfigCheck;
import io.counterflow.cli.check.Scope;
import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.BrokerFailure;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.log.RunFolders.RunFolder;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.cli.run.ConfigOptions;
import io.counterflow.cli.run.ConfiguredRun;
import io.counterflow.cli.run.RunChoice;
import io.counterflow.cli.run.RunStages;
import io.counterflow.cli.run.StopOnSignal;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code counterflow run}. */
@Command(
        name = "run",
        description = {
            "Aligns a model as a file describes: imports the prompts, fetches the model, samples, scores, trains, and reports.",
            "Learns from completions as they are sampled, from those that other runs left in the log, or from both (trainer.source)."
        },
        mixinStandardHelpOptions = true)
public final class RunCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOptions options;

    @Mixin
    private RunChoice choice;

    @Override
    public Integer call() throws Exception {
        RunFolders folders = options.folders();
        if (choice.resumes() && options.configures()) {
            throw new ConfigException(
                    "--resume goes on with the configuration that the run began with; leave out --config and --set");
        }
        if (!choice.resumes() && !options.configures()) {
            throw new ConfigException(
                    "which run? Give --config FILE ('counterflow init' writes one to start from), or --resume");
        }
        ConfigFile file = options.readWithoutLog();
        RunFolder run = choice.folder(folders, file.text("trainer.runId"));
        if (!run.begun()) {
            ConfigCheck.of(options.read(), Scope.RUN, folders).require();
        }
        InstantSource clock = InstantSource.system();
        ConfiguredRun configured = new ConfiguredRun(folders, run, file, clock);
        RunStages stages = new RunStages(folders, run, configured, System.out, clock, Terminal.isThere());
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread())) {
            return perform(stages, run, folders);
        }
    }

    /** Inside what holds the JVM's end up, or nobody would read where to go on. */
    private int perform(RunStages stages, RunFolder run, RunFolders folders) {
        try {
            stages.run(options.logSettings());
            return 0;
        } catch (InterruptedException e) {
            BrokerFailure.rethrow(e);
            spec.commandLine()
                    .getErr()
                    .println("stopped; go on with: ./counterflow run --resume --run " + run.runId() + folders.option());
            return 130;
        }
    }
}
