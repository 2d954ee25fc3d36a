package io.counterflow.cli.policy;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.model.ComputeOptions;
import io.counterflow.cli.model.NamedCheckpoints;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.cli.run.MemoryCheck;
import io.counterflow.cli.run.StopOnSignal;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.trainer.likelihood.LikelihoodTraining;
import io.counterflow.trainer.likelihood.StartingPoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow train-policy}. */
@Command(
        name = "train-policy",
        description = {
            "Fits a policy to texts by likelihood (supervised fine-tuning).",
            "Lines have prompt and completion, or chat messages that end with the assistant's words, or text. Loss is taken on completions,"
                    + " of a text on everything. Interrupted, the same command goes on where it was."
        },
        mixinStandardHelpOptions = true)
public final class TrainPolicyCommand implements Callable<Integer> {

    private static final int INTERRUPTED = 130;

    @Spec
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private Start start;

    /** Where weights come from. */
    private static final class Start {
        @Option(
                names = "--model",
                paramLabel = "MODEL",
                description = "The model to start from: a folder, hf:org/name or stories15m.")
        private String model;

        @Option(
                names = "--from-scratch",
                paramLabel = "DIR",
                description = "Start from random weights, for a folder with config.json and tokenizer.json.")
        private Path scratch;
    }

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Where the model goes; there whole or not at all.")
    private Path output;

    @Mixin
    private TrainingFileOptions files;

    @Mixin
    private LikelihoodOptions likelihood;

    @Mixin
    private AdapterOptions adapter;

    @Mixin
    private ComputeOptions compute;

    @Override
    public Integer call() {
        requireSound();
        Path folder = NamedCheckpoints.find(
                start.model == null ? start.scratch.toString() : start.model, this::requireMemory);
        StartingPoint from = new StartingPoint(
                folder,
                start.scratch != null,
                adapter.of(ModelConfig.read(folder), folder),
                adapter.only(),
                compute.config());
        Stages stages = new Stages(System.out, InstantSource.system(), 3, Terminal.isThere());
        TrainingData data = files.read(folder, likelihood.seed(), stages::note);
        stages.done(data.shown());
        try (StopOnSignal stop = StopOnSignal.of(Thread.currentThread())) {
            return fit(from, data, stages);
        }
    }

    private void requireSound() {
        if (Files.exists(output)) {
            throw new ConfigException(output + " is there already; give another --output, or delete it");
        }
        files.requireSound();
        adapter.requireSound();
    }

    private void requireMemory(Path folder) {
        new MemoryCheck()
                .checkTraining(folder.toString(), ModelConfig.read(folder).parameters(), adapter.isAsked() ? 0.05 : 1);
    }

    private int fit(StartingPoint from, TrainingData data, Stages stages) {
        try (FittingProgress progress = new FittingProgress(stages)) {
            LikelihoodTraining.Result result = new LikelihoodTraining(from, likelihood.settings(), progress)
                    .run(data.training(), data.heldOut(), output);
            progress.close();
            stages.done("policy: " + output + FittingProgress.shown(result));
            return 0;
        } catch (InterruptedException e) {
            spec.commandLine().getErr().println("stopped; the same command goes on where it was");
            return INTERRUPTED;
        }
    }
}
