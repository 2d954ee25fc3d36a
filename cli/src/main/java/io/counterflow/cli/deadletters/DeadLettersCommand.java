package io.counterflow.cli.deadletters;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.log.deadletters.DeadLetters;
import io.counterflow.log.deadletters.Letter;
import io.counterflow.log.deadletters.LetterFilter;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow dead-letters}. */
@Command(
        name = "dead-letters",
        description = "Lists what could not be processed, with its cause. 'counterflow redrive' sends it round again.",
        mixinStandardHelpOptions = true)
public final class DeadLettersCommand implements Callable<Integer> {

    /** How the list is written. */
    enum Format {
        /** For people. */
        TABLE,
        /** One JSON object a line. */
        JSON
    }

    @Spec
    private CommandSpec spec;

    @Mixin
    private LogOptions logOptions;

    @Mixin
    private LetterOptions selection;

    @Option(names = "--all", description = "Also those that were sent round again.")
    private boolean all;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "TABLE",
            description = "${COMPLETION-CANDIDATES}; JSON is one object a line (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "50",
            description = "Show the newest N in the table; JSON shows all (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Override
    public Integer call() {
        InstantSource clock = InstantSource.system();
        try (LogAccess access = logOptions.open()) {
            access.log().createTopics();
            DeadLetters deadLetters = new DeadLetters(access.log(), clock);
            LetterFilter filter = selection.filter(access.log(), clock);
            List<Letter> letters = deadLetters.list(all ? filter.withRedriven() : filter);
            PrintWriter out = spec.commandLine().getOut();
            if (format == Format.JSON) {
                letters.forEach(letter -> out.println(LetterList.json(letter, deadLetters.completion(letter))));
            } else if (letters.isEmpty()) {
                out.println("no dead letters match" + (all ? "" : "; --all also shows those that were sent round"));
            } else {
                out.println(LetterList.table(letters, limit));
            }
            out.flush();
            return 0;
        }
    }
}
