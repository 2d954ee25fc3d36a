package io.counterflow.cli.model;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code counterflow model get}. */
@Command(
        name = "get",
        description = {
            "Fetches a checkpoint unless it is here, checks it, and prints its folder.",
            "HF_TOKEN, HF_ENDPOINT and HF_HOME are used as Python's huggingface_hub uses them."
        },
        mixinStandardHelpOptions = true)
public final class GetCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private CheckpointArgument checkpoint;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Path folder = checkpoint.folder();
        out.println(folder);
        return 0;
    }
}
