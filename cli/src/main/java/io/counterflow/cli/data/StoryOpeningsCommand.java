package io.counterflow.cli.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow data story-openings}. */
@Command(
        name = "story-openings",
        description =
                "Beginnings of small children's stories, made here, as prompts: prompts.jsonl to learn from, held-out.jsonl.",
        mixinStandardHelpOptions = true)
public final class StoryOpeningsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder for the two files.")
    private Path output;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Openings in all (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--held-out",
            paramLabel = "N",
            defaultValue = "256",
            description = "Of them held out (default: ${DEFAULT-VALUE}).")
    private int heldOut;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "1",
            description = "The same seed, the same openings (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() throws IOException {
        if (heldOut < 0 || heldOut >= count || count > 100_000) {
            throw new IllegalArgumentException("--held-out is " + heldOut + " of " + count
                    + "; at least one must be left, and 100000 are the most");
        }
        List<String> openings = new StoryOpenings(seed).take(count);
        write("held-out.jsonl", openings.subList(0, heldOut));
        write("prompts.jsonl", openings.subList(heldOut, count));
        spec.commandLine()
                .getOut()
                .printf(Locale.ROOT, "%d openings in %s, %d of them held out%n", count, output, heldOut);
        return 0;
    }

    private void write(String name, List<String> prompts) throws IOException {
        ObjectMapper json = new ObjectMapper();
        try (WholeJsonLines out = new WholeJsonLines(output.resolve(name))) {
            for (String prompt : prompts) {
                out.add(json.createObjectNode().put("prompt", prompt));
            }
            out.finish();
        }
    }
}
