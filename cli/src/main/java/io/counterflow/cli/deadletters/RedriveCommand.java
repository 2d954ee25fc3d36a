package io.counterflow.cli.deadletters;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.log.deadletters.DeadLetters;
import io.counterflow.log.deadletters.Letter;
import io.counterflow.log.deadletters.LetterFilter;
import io.counterflow.log.deadletters.RedrivePlan;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow redrive}. */
@Command(
        name = "redrive",
        description = {
            "Sends dead letters round again, to the component that could not process them.",
            "A letter goes round once; what fails again is a new letter. What has a score by now is left alone."
        },
        mixinStandardHelpOptions = true)
public final class RedriveCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private LogOptions logOptions;

    @Mixin
    private LetterOptions selection;

    @Option(names = "--dry-run", description = "Say what would be sent, and send nothing.")
    private boolean dryRun;

    @Override
    public Integer call() {
        InstantSource clock = InstantSource.system();
        try (LogAccess access = logOptions.open()) {
            access.log().createTopics();
            DeadLetters deadLetters = new DeadLetters(access.log(), clock);
            LetterFilter filter = selection.filter(access.log(), clock);
            RedrivePlan plan = dryRun ? deadLetters.plan(filter) : deadLetters.redrive(filter);
            PrintWriter out = spec.commandLine().getOut();
            out.println((dryRun ? "would send " : "sent ") + counted(plan.send()));
            if (!plan.scored().isEmpty()) {
                out.println("left alone, scored by now or sent with another letter: " + counted(plan.scored()));
            }
            if (!plan.withoutOriginal().isEmpty()) {
                out.println("left alone, they have no original to send: " + counted(plan.withoutOriginal())
                        + "; once their completions are scored, 'counterflow rescore' makes their groups");
            }
            out.flush();
            return 0;
        }
    }

    private static String counted(List<Letter> letters) {
        String byTarget = letters.stream()
                .collect(Collectors.groupingBy(
                        l -> l.content().getTopic() + " for " + l.content().getComponent(),
                        TreeMap::new,
                        Collectors.counting()))
                .entrySet()
                .stream()
                .map(e -> e.getValue() + " of " + e.getKey())
                .collect(Collectors.joining(", "));
        return letters.size()
                + (letters.size() == 1 ? " letter" : " letters")
                + (byTarget.isEmpty() ? "" : " (" + byTarget + ")");
    }
}
