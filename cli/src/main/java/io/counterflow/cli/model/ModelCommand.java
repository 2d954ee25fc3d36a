package io.counterflow.cli.model;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterflow model}: everything about checkpoints. */
@Command(
        name = "model",
        description = "Fetches, shows, verifies, converts, merges and tries checkpoints.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            GetCommand.class,
            ShowCommand.class,
            VerifyCommand.class,
            ConvertCommand.class,
            MergeCommand.class,
            GenerateCommand.class
        })
public final class ModelCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Which command? 'counterflow model show stories15m' shows a small real model.");
    }
}
