package io.counterflow.cli.verify;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.LogOptions;
import io.counterflow.log.Log;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.recipe.RewardCheck;
import io.counterflow.trainer.replay.AuditReport;
import io.counterflow.trainer.replay.CheckpointAudit;
import io.counterflow.trainer.replay.CompletionTrace;
import io.counterflow.trainer.replay.UsedGroup;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code counterflow audit}. Exit code 1 when something does not hold. */
@Command(
        name = "audit",
        description = "Tells which samples and scores made a checkpoint, or which steps learned from a completion.",
        mixinStandardHelpOptions = true)
public final class AuditCommand implements Callable<Integer> {

    @Mixin
    private LogOptions logOptions;

    @ArgGroup(exclusive = true, multiplicity = "1")
    private Direction direction;

    @Option(names = "--list", description = "Also list every completion with its scores, step by step.")
    private boolean list;

    static final class Direction {
        @Option(names = "--checkpoint", paramLabel = "DIR", description = "A checkpoint of any run.")
        private Path checkpoint;

        @Option(names = "--completion", paramLabel = "ID", description = "A completion, by its identifier.")
        private String completion;
    }

    @Override
    public Integer call() {
        try (LogAccess access = logOptions.open()) {
            return direction.checkpoint == null ? forward(access.log(), System.out) : back(access.log(), System.out);
        }
    }

    private int back(Log log, PrintStream out) {
        List<String> rewardFaults = new ArrayList<>();
        long[] checked = new long[1];
        Consumer<UsedGroup> each = used -> {
            if (RewardCheck.canCheck(used.group())) {
                checked[0]++;
                rewardFaults.addAll(RewardCheck.faults(used.group()));
            }
            if (list) {
                print(used, out);
            }
        };
        AuditReport report = new CheckpointAudit(log, direction.checkpoint).run(each);
        out.println("checkpoint      " + report.checkpoint() + " (sha256 " + report.sha256() + ")");
        out.println("run, step       " + report.runId() + ", " + report.step());
        out.println("weights         sha256 " + report.weightsSha256());
        out.println("began with      sha256 " + report.initialWeightsSha256());
        out.println("settings        " + report.configuration());
        out.println("learned from    " + report.completions() + " completions in " + report.groups() + " groups");
        out.println("recipes         " + counts(report.recipes()));
        out.println("scorers         " + counts(report.scorers()));
        report.policyVersions()
                .forEach((run, versions) -> out.println("sampled by      run " + run + ", policy versions "
                        + versions.firstKey() + " to " + versions.lastKey()));
        if (!report.setAside().isEmpty()) {
            out.println("set aside       " + counts(report.setAside()));
        }
        out.println("chain           " + report.chain().size() + " earlier checkpoints follow from its hash"
                + (report.missing() == null
                        ? ", back to the run's first"
                        : "; the one before them, sha256 " + report.missing() + ", is not kept here"));
        out.println("rewards         worked out again from the scores of " + checked[0] + " of " + report.groups()
                + " groups" + (checked[0] < report.groups() ? "; the others do not carry their recipe" : ""));
        if (!report.unproven().isEmpty()) {
            out.println("by hash alone   " + String.join(", ", report.unproven())
                    + ": the ledger does not know them; a replay makes them again");
        }
        report.faults().forEach(fault -> out.println("DOES NOT HOLD   " + fault));
        rewardFaults.forEach(fault -> out.println("DOES NOT HOLD   " + fault));
        boolean holds = report.holds() && rewardFaults.isEmpty();
        if (holds) {
            out.println("everything holds");
        }
        return holds ? 0 : 1;
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getKey() + " (" + count.getValue() + ")")
                .collect(Collectors.joining(", "));
    }

    private static void print(UsedGroup used, PrintStream out) {
        for (GroupMember member : used.group().getMembers()) {
            out.println("step " + used.step() + " partition " + used.partition() + " offset " + used.offset()
                    + " completion " + member.getCompletionId() + " policy " + member.getPolicyVersion() + " reward "
                    + member.getReward() + " scores "
                    + member.getScores().stream().map(AuditCommand::print).collect(Collectors.joining(", ")));
        }
    }

    private static String print(Score score) {
        return score.getScorer() + "@" + score.getScorerVersion() + " " + score.getOutcome()
                + (score.getValue() == null ? "" : " " + score.getValue());
    }

    private int forward(Log log, PrintStream out) {
        CompletionTrace trace = CompletionTrace.of(log, direction.completion);
        trace.groups()
                .forEach((place, group) -> out.println("in group " + group.getGroupId() + " of run "
                        + group.getRunId() + ", " + place.topic() + " partition "
                        + place.position().partition() + ", offset "
                        + place.position().offset()));
        trace.steps()
                .forEach(use -> out.println("run " + use.runId() + " learned from it in step " + use.step()
                        + "; so did every checkpoint of that run from then on"));
        if (trace.groups().isEmpty()) {
            out.println("no scored group has completion " + direction.completion);
            return 1;
        }
        if (trace.steps().isEmpty()) {
            out.println("no run has learned from it");
        }
        return 0;
    }
}
