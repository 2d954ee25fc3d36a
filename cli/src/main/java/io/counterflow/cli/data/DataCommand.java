package io.counterflow.cli.data;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code counterflow data}: data sets to try things on. */
@Command(
        name = "data",
        description = "Fetches or makes data sets as JSON lines.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "DATASET",
        subcommands = {
            ImdbCommand.class,
            SnliCommand.class,
            DebianTldrCommand.class,
            StoryOpeningsCommand.class,
            ProgramsCommand.class
        })
public final class DataCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Which data set? There are: " + String.join(", ", names()) + ".");
    }

    private Iterable<String> names() {
        return spec.subcommands().keySet();
    }
}
