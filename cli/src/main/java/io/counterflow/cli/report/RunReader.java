package io.counterflow.cli.report;

import io.counterflow.cli.report.EvaluationTally.Evaluated;
import io.counterflow.cli.report.RunSummary.Evaluation;
import io.counterflow.cli.report.RunSummary.SamplePair;
import io.counterflow.cli.report.RunSummary.Step;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.RunEnded;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.SetAside;
import io.counterflow.trainer.batch.RunRecipe;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads a run back from its ledger, its scored groups and its published policies. Keeps nothing between calls; thread-safe. */
public final class RunReader {

    private static final int SAMPLES = 20;

    private final Log log;
    private final int workers;

    /** Told how far the slow part is: what the policy that a run started from says of the held-out completions. */
    @FunctionalInterface
    public interface Progress {

        /** @param evaluations that are measured, of so many */
        void measured(int evaluations, int of);
    }

    public RunReader(Log log) {
        this(log, 1);
    }

    /** @param workers threads that compute log-probabilities; their number does not change them */
    public RunReader(Log log, int workers) {
        this.log = Objects.requireNonNull(log, "log");
        this.workers = workers;
    }

    /**
     * The run as far as the log holds it now.
     *
     * @throws io.counterflow.log.ledger.UnknownRunException where the log has no ledger of this run
     * @throws io.counterflow.log.ledger.LedgerException where it contradicts itself
     */
    public RunSummary read(String runId, String title) {
        return read(runId, title, (evaluations, of) -> {});
    }

    /** The same, with somebody watching. */
    public RunSummary read(String runId, String title, Progress progress) {
        RunLedger ledger = new LedgerReader(log).require(runId);
        RunStarted started = ledger.started().orElseThrow();
        Groups groups = readGroups(runId);
        ledger.recipeSha256().ifPresent(groups.evaluations::learnedFrom);
        List<Evaluated<ScoredGroup>> evaluated = groups.evaluations.evaluations();
        boolean learnsFromOwn = started.getSourceTopic().equals(log.topicName(Topic.SCORED_GROUPS));
        SortedMap<String, Long> trainedOn = new TreeMap<>();
        List<Step> steps = new ArrayList<>();
        NavigableMap<Integer, Long> staleness = new TreeMap<>();
        ledger.applied().forEach((step, applied) -> {
            steps.add(new Step(step, applied.getLoss(), applied.getGradientNorm(), applied.getMetrics()));
            if (!learnsFromOwn) {
                return;
            }
            for (GroupPosition position : ledger.planned().get(step).getGroups()) {
                Used used = groups.used.get(place(position.getPartition(), position.getOffset()));
                if (used != null) {
                    trainedOn.merge(used.recipe(), 1L, Long::sum);
                    used.sampledBy().forEach(version -> staleness.merge((int) (step - 1 - version), 1L, Long::sum));
                }
            }
        });
        Optional<PolicyVersion> newest = newestPolicy(runId);
        List<Evaluation> evaluations = evaluations(evaluated, started.getInitialCheckpoint(), progress);
        return new RunSummary(
                runId,
                title,
                steps,
                staleness,
                setAside(ledger),
                learnsFromOwn ? groups.unused.without(places(ledger)) : new TreeMap<>(),
                evaluations,
                groups.evaluations.recipe().orElse(""),
                groups.evaluations.otherRecipes(),
                trainedOn,
                PairedRewards.of(evaluations),
                samples(evaluated),
                ledger.ended()
                        .map(RunEnded::getCheckpoint)
                        .or(() -> newest.map(PolicyVersion::getLocation))
                        .orElse("none yet"),
                ledger.ended()
                        .map(RunEnded::getWeightsSha256)
                        .or(() -> newest.map(PolicyVersion::getWeightsSha256))
                        .orElse(""),
                ledger.ended()
                        .map(ended -> ledger.lastApplied())
                        .or(() -> newest.map(PolicyVersion::getVersion))
                        .orElse(-1L),
                ledger.ended().isPresent(),
                duration(ledger),
                started.getConfiguration());
    }

    private Optional<PolicyVersion> newestPolicy(String runId) {
        List<PolicyVersion> versions = new ArrayList<>();
        scan(Topic.POLICIES, PolicyVersion.class, r -> {
            if (runId.equals(r.key()) && r.value() != null) {
                versions.add(r.value());
            }
        });
        return versions.stream().max(java.util.Comparator.comparingLong(PolicyVersion::getVersion));
    }

    private List<Evaluation> evaluations(List<Evaluated<ScoredGroup>> evaluated, String checkpoint, Progress progress) {
        int total = evaluated.size();
        if (total == 0) {
            return List.of();
        }
        progress.measured(0, total);
        Optional<BaseLikelihood> base = BaseLikelihood.of(checkpoint, workers);
        try {
            List<Evaluation> evaluations = new ArrayList<>();
            evaluated.forEach(one -> {
                evaluations.add(evaluation(one, base));
                progress.measured(evaluations.size(), total);
            });
            return evaluations;
        } finally {
            base.ifPresent(BaseLikelihood::close);
        }
    }

    private static Evaluation evaluation(Evaluated<ScoredGroup> evaluated, Optional<BaseLikelihood> base) {
        Collection<ScoredGroup> groups = evaluated.byPrompt().values();
        List<GroupMember> members =
                groups.stream().flatMap(g -> g.getMembers().stream()).toList();
        SortedMap<String, Double> scores = members.stream()
                .flatMap(m -> m.getScores().stream())
                .filter(s -> s.getValue() != null)
                .collect(Collectors.groupingBy(
                        Score::getScorer, TreeMap::new, Collectors.averagingDouble(Score::getValue)));
        TextMeasures texts = TextMeasures.of(members);
        return new Evaluation(
                evaluated.version(),
                evaluated.prompts(),
                members.size(),
                groups.stream().mapToLong(g -> g.getMissing().size()).sum(),
                Rewards.of(members),
                scores,
                base.map(b -> b.measure(groups, texts)).orElse(texts),
                rewardByPrompt(evaluated.byPrompt()));
    }

    private static SortedMap<String, Double> rewardByPrompt(Map<String, ScoredGroup> groups) {
        SortedMap<String, Double> rewards = new TreeMap<>();
        groups.forEach((prompt, group) -> rewards.put(
                prompt,
                group.getMembers().stream()
                        .mapToDouble(GroupMember::getReward)
                        .average()
                        .orElseThrow()));
        return rewards;
    }

    /** The same prompts before and after, in an order that has nothing to do with their rewards: by prompt id, a hash. */
    private static List<SamplePair> samples(List<Evaluated<ScoredGroup>> evaluated) {
        if (evaluated.size() < 2) {
            return List.of();
        }
        Map<String, ScoredGroup> before = evaluated.get(0).byPrompt();
        Map<String, ScoredGroup> after = evaluated.get(evaluated.size() - 1).byPrompt();
        return before.keySet().stream()
                .filter(after::containsKey)
                .limit(SAMPLES)
                .map(id -> {
                    GroupMember old = before.get(id).getMembers().get(0);
                    GroupMember now = after.get(id).getMembers().get(0);
                    return new SamplePair(
                            text(before.get(id).getPrompt()),
                            old.getText(),
                            old.getReward(),
                            now.getText(),
                            now.getReward());
                })
                .toList();
    }

    private static String text(Prompt prompt) {
        return prompt.getText() != null
                ? prompt.getText()
                : prompt.getMessages().stream()
                        .map(m -> m.getRole() + ": " + m.getContent())
                        .collect(Collectors.joining("\n"));
    }

    private static String place(int partition, long offset) {
        return partition + ":" + offset;
    }

    private Groups readGroups(String runId) {
        Groups groups = new Groups();
        scan(Topic.SCORED_GROUPS, ScoredGroup.class, r -> {
            ScoredGroup group = r.value();
            if (!group.getRunId().equals(runId)) {
                return;
            }
            groups.evaluations.scored(group);
            if (group.getPurpose() == Purpose.TRAINING) {
                String recipe = RunRecipe.name(group.getRecipe(), group.getRecipeSha256());
                groups.unused.add(place(r.partition(), r.offset()), group.getGroupId(), recipe);
                groups.used.put(
                        place(r.partition(), r.offset()),
                        new Used(
                                recipe,
                                group.getMembers().stream()
                                        .map(GroupMember::getPolicyVersion)
                                        .toList()));
            }
        });
        scan(Topic.COMPLETIONS, Completion.class, r -> {
            if (r.value().getRunId().equals(runId)) {
                groups.evaluations.sampled(r.value());
            }
        });
        GivenUpGroups givenUp = new GivenUpGroups(log);
        scan(Topic.DEAD_LETTERS, DeadLetter.class, r -> givenUp.of(r.value())
                .filter(group -> group.getRunId().equals(runId))
                .ifPresent(groups.evaluations::givenUp));
        return groups;
    }

    private <T extends SpecificRecord> void scan(Topic topic, Class<T> type, Consumer<ConsumerRecord<String, T>> each) {
        try (LogReader<T> reader = new LogReader<>(log, topic, type)) {
            reader.read(reader.everything(), each);
        }
    }

    private static SortedMap<String, Long> setAside(RunLedger ledger) {
        return ledger.planned().values().stream()
                .flatMap(plan -> plan.getSetAside().stream())
                .collect(Collectors.groupingBy(RunLedger::kindOf, TreeMap::new, Collectors.counting()));
    }

    /** Of every group that a step has taken or set aside. */
    private static List<String> places(RunLedger ledger) {
        return ledger.planned().values().stream()
                .flatMap(plan -> Stream.concat(
                        plan.getGroups().stream(), plan.getSetAside().stream().map(SetAside::getPosition)))
                .map(position -> place(position.getPartition(), position.getOffset()))
                .toList();
    }

    /** From the first decision to the newest outcome. */
    private static Duration duration(RunLedger ledger) {
        if (ledger.applied().isEmpty()) {
            return Duration.ZERO;
        }
        Instant first = ledger.planned().get(ledger.planned().firstKey()).getPlannedAt();
        return Duration.between(
                first, ledger.applied().get(ledger.lastApplied()).getAppliedAt());
    }

    /** A group of the run's own: what rewarded it, and what sampled its completions. */
    private record Used(String recipe, List<Long> sampledBy) {}

    private static final class Groups {
        private final Map<String, Used> used = new HashMap<>();
        private final UnusedGroups unused = new UnusedGroups();
        private final EvaluationTally<ScoredGroup> evaluations = new EvaluationTally<>(group -> group);
    }
}
