package io.counterflow.cli.scores;

import io.counterflow.cli.check.ConfigCheck;
import io.counterflow.cli.check.RecipeCheck;
import io.counterflow.cli.check.Scope;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.progress.Stages;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.cli.run.ConfigOptions;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.recipe.Recipe;
import io.counterflow.scorer.rescore.RescoreListener;
import io.counterflow.scorer.rescore.RescorePlan;
import io.counterflow.scorer.rescore.RescoreRequest;
import io.counterflow.scorer.rescore.RescoreSummary;
import io.counterflow.scorer.rescore.Rescoring;
import io.counterflow.scorer.rescore.ScorerSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterflow rescore}. */
@Command(
        name = "rescore",
        description = {
            "Makes the groups of a past run again, after another recipe, into the recipe's own topic.",
            "Scores that the log has are reused, missing ones are computed; nothing is sampled. Stopped at any moment and started"
                    + " again, it goes on where it was."
        },
        mixinStandardHelpOptions = true)
public final class RescoreCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOptions options;

    @Option(
            names = "--recipe",
            required = true,
            paramLabel = "FILE",
            description = "The recipe, as YAML: name, scorers, groupWait, incomplete.")
    private Path recipeFile;

    @Option(names = "--run", required = true, paramLabel = "ID", description = "The run whose completions are used.")
    private String runId;

    @Option(
            names = "--topic",
            paramLabel = "TOPIC",
            description =
                    "Topic of the new groups, without the log's prefix (default: scored-groups.NAME, NAME being the"
                            + " recipe's).")
    private String topic;

    @Option(names = "--dry-run", description = "Say what would be done, and write nothing.")
    private boolean dryRun;

    @Override
    public Integer call() throws Exception {
        Recipe recipe = RecipeCheck.read(recipeFile);
        ConfigFile file = options.read();
        ConfigCheck.of(file, Scope.RESCORE, options.folders()).require();
        RunConfig config = RunConfig.of(file);
        PrintWriter out = spec.commandLine().getOut();
        try (LogAccess access = LogAccess.open(config.log(), options.folders())) {
            RescoreRequest request = RescoreRequest.of(runId, recipe).into(topic);
            ScorerCatalog catalog = ScorerCatalog.of(config.scoring().plugins());
            ScorerSource scorers = ScorerSource.of(config.scoring(), catalog);
            InstantSource clock = InstantSource.system();
            RescorePlan plan = new Rescoring(access.log(), request, scorers, clock, RescoreListener.NONE).plan();
            for (ScorerId missing : plan.missing().keySet()) {
                ScorerSource.check(missing, config.scoring(), catalog);
            }
            out.println("recipe " + recipe.name() + " (sha256 " + recipe.sha256() + ") on run " + runId + ": "
                    + plan.groups().size() + " groups to make, " + plan.alreadyMade() + " already made"
                    + (plan.waiting() == 0 ? "" : ", " + plan.waiting() + " still being sampled"));
            out.println(plan.reusable() + " scores are in the log, missing are " + counts(plan.missing()));
            out.flush();
            if (!dryRun) {
                RescoreSummary summary = run(access, request, scorers, clock, plan);
                out.println("made " + summary.made() + " groups; reused " + summary.reused() + " scores, computed "
                        + counts(summary.computed()));
                summary.failed()
                        .forEach((scorer, count) -> out.println(count + " completions could not be scored by " + scorer
                                + "; 'counterflow dead-letters --scorer " + scorer + "' says why"));
                if (summary.givenUp() > 0) {
                    out.println(summary.givenUp() + " groups have too few rewards and were not made: "
                            + summary.causes().entrySet().stream()
                                    .map(e -> e.getValue() + " times " + e.getKey())
                                    .collect(Collectors.joining("; ")));
                }
                out.println("train on them with  counterflow trainer --config FILE --run " + runId + " --topic "
                        + request.topic());
            }
            out.flush();
            return 0;
        }
    }

    private static RescoreSummary run(
            LogAccess access, RescoreRequest request, ScorerSource scorers, InstantSource clock, RescorePlan plan)
            throws Exception {
        // Progress goes where it does not mix with what a script reads.
        Stages stages = new Stages(System.err, clock, 1, Terminal.isThere());
        try (Stages.Bar bar = stages.start("rescoring", plan.groups().size())) {
            RescoreListener progress = (groups, summary) -> bar.at(
                    groups,
                    "groups, scores computed "
                            + summary.computed().values().stream()
                                    .mapToLong(Long::longValue)
                                    .sum());
            return new Rescoring(access.log(), request, scorers, clock, progress).run();
        }
    }

    private static String counts(SortedMap<ScorerId, Long> counts) {
        return counts.isEmpty()
                ? "none"
                : counts.entrySet().stream()
                        .map((Map.Entry<ScorerId, Long> e) -> e.getValue() + " of " + e.getKey())
                        .collect(Collectors.joining(", "));
    }
}
