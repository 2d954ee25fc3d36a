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

/** {@code counterflow sample}. */
@Command(
        name = "sample",
        description = {
            "Samples completions of the prompts into the log and scores them, and trains nothing: for runs that learn from the log later,"
                    + " as often as they like (trainer.source).",
            "Takes the same file as 'counterflow run'; the policy is trainer.model, and producer.maxPasses says how often the prompts are gone"
                    + " through (default: once)."
        },
        mixinStandardHelpOptions = true)
public final class SampleCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOptions options;

    @Mixin
    private RunChoice choice;

    @Override
    public Integer call() throws Exception {
        RunFolders folders = options.folders();
        if (choice.resumes() == options.configures()) {
            throw new ConfigException("give --config FILE to begin, or --resume to go on with what was begun");
        }
        ConfigFile file = options.readWithoutLog();
        RunFolder run = choice.folder(folders, file.text("trainer.runId"));
        if (!run.begun()) {
            ConfigCheck.of(options.read(), Scope.SAMPLE, folders).require();
        }
        InstantSource clock = InstantSource.system();
        ConfiguredRun configured = ConfiguredRun.sampling(folders, run, file, clock);
        RunStages stages = new RunStages(folders, run, configured, System.out, clock, Terminal.isThere());
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread())) {
            return perform(stages, run);
        }
    }

    /** Inside what holds the JVM's end up, or nobody would read where to go on. */
    private int perform(RunStages stages, RunFolder run) {
        try {
            stages.sample(options.logSettings());
            return 0;
        } catch (InterruptedException e) {
            BrokerFailure.rethrow(e);
            spec.commandLine()
                    .getErr()
                    .println("stopped; go on with: ./counterflow sample --resume --run " + run.runId()
                            + options.folders().option());
            return 130;
        }
    }
}
