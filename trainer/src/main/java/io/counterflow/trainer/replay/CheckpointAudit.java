package io.counterflow.trainer.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.counterflow.files.Sha256;
import io.counterflow.log.Log;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.ledger.LedgerException;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.log.ledger.RunSettings;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.schemas.GroupMember;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.RunEnded;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.trainer.RunProgress;
import io.counterflow.trainer.TrainerState;
import io.counterflow.trainer.checkpoint.Checkpoint;
import io.counterflow.trainer.checkpoint.CheckpointFolder;
import io.counterflow.trainer.checkpoint.RunCheckpointException;
import io.counterflow.trainer.step.PolicyTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Goes from a checkpoint back to every group, completion, score and policy version that touched it, and checks whether
 * the chain of hashes holds: files, earlier checkpoints, settings, ledger, groups.
 */
public final class CheckpointAudit {

    private final Log log;
    private final Path folder;
    private final List<String> faults = new ArrayList<>();
    private final SortedMap<String, Long> setAside = new TreeMap<>();
    private final SortedMap<String, Long> scorers = new TreeMap<>();
    private final SortedMap<String, Long> recipes = new TreeMap<>();
    private final SortedMap<String, SortedMap<Long, Long>> policyVersions = new TreeMap<>();
    private long groups;
    private long completions;
    private final List<String> unproven = new ArrayList<>();
    private boolean ledgerKnowsManifest;

    /** @param folder a checkpoint of any run that this log has */
    public CheckpointAudit(Log log, Path folder) {
        this.log = Objects.requireNonNull(log, "log");
        this.folder = folder.toAbsolutePath().normalize();
    }

    /**
     * Audits once.
     *
     * @param each is told of every group in the order of its use
     * @throws RunCheckpointException for a folder that is no checkpoint, or a damaged one
     * @throws io.counterflow.log.ledger.LedgerException for a run that is not in the log
     */
    public AuditReport run(Consumer<UsedGroup> each) {
        Checkpoint checkpoint = CheckpointFolder.open(folder);
        try {
            TrainerState state = TrainerState.read(folder);
            RunLedger ledger = new LedgerReader(log).require(state.runId());
            RunStarted started = ledger.started().orElseThrow();
            checkState(checkpoint, state, ledger, started);
            readGroups(ledger, state.step(), each);
            if (recipes.size() > 1) {
                faults.add("the run learned from groups that several recipes rewarded, on scales of their own: "
                        + recipes.entrySet().stream()
                                .map(recipe -> recipe.getKey() + " (" + recipe.getValue() + " groups)")
                                .collect(Collectors.joining(", ")));
            }
            CheckpointChain chain = CheckpointChain.of(checkpoint);
            faults.addAll(chain.faults());
            unproven.addAll(chain.byManifestAlone());
            if (ledgerKnowsManifest) {
                unproven.clear();
            }
            return new AuditReport(
                    folder,
                    state.runId(),
                    state.step(),
                    checkpoint.sha256(),
                    state.weightsSha256(),
                    state.initialWeightsSha256(),
                    started.getConfiguration(),
                    groups,
                    setAside,
                    completions,
                    scorers,
                    recipes,
                    policyVersions,
                    List.copyOf(chain.chain()),
                    chain.missing(),
                    List.copyOf(unproven),
                    List.copyOf(faults));
        } catch (JsonProcessingException e) {
            throw new RunCheckpointException(
                    "checkpoint " + folder + " is refused: " + TrainerState.FILE + " is none that this version writes: "
                            + (e instanceof UnrecognizedPropertyException unknown
                                    ? "unknown key '" + unknown.getPropertyName() + "'"
                                    : e.getOriginalMessage().lines().findFirst().orElse("")),
                    e);
        } catch (IOException e) {
            throw new RunCheckpointException("checkpoint " + folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    private void checkState(Checkpoint checkpoint, TrainerState state, RunLedger ledger, RunStarted started)
            throws IOException {
        expect("the step in the manifest", checkpoint.step(), state.step());
        expect(
                "the hash of the previous checkpoint in manifest and state",
                checkpoint.manifest().previous(),
                state.previousCheckpoint());
        expect(
                "the settings' SHA-256 in the ledger and the checkpoint",
                started.getConfigurationSha256(),
                state.configurationSha256());
        expect(
                "the settings in the ledger and their SHA-256",
                Sha256.of(started.getConfiguration()),
                started.getConfigurationSha256());
        expect(
                "the initial weights' SHA-256 in the ledger and the checkpoint",
                started.getInitialWeightsSha256(),
                state.initialWeightsSha256());
        for (String weights : List.of(CheckpointChain.WEIGHTS, AdapterTensors.FILE_NAME)) {
            if (Files.isRegularFile(folder.resolve(weights))) {
                expect("the SHA-256 of " + weights, Sha256.of(folder.resolve(weights)), state.weightsSha256());
            }
        }
        if (Files.isRegularFile(folder.resolve(AdapterTensors.FILE_NAME))) {
            expect(
                    "the SHA-256 of the base in the adapter and in the ledger",
                    AdapterTensors.baseSha256(folder).orElse(null),
                    started.getInitialWeightsSha256());
        }
        checkSettings(checkpoint, state, started);
        if (ledger.lastPlanned() < state.step()) {
            faults.add("the ledger ends at step " + ledger.lastPlanned() + ", before the checkpoint's step "
                    + state.step());
            return;
        }
        expect(
                "where step " + state.step() + " stands in the ledger",
                ledger.plannedOffset(state.step()),
                state.ledgerOffset());
        checkManifest(checkpoint, ledger);
        checkProgress(state, ledger);
        checkOutcome(state, ledger);
        checkPolicy(state);
        if (ledger.ended().isPresent() && ledger.endedStep() == state.step()) {
            expect(
                    "the final weights' SHA-256 in the ledger",
                    ledger.ended().orElseThrow().getWeightsSha256(),
                    state.weightsSha256());
        }
    }

    /** Whoever changes a file of a checkpoint and makes its manifest fit has another manifest than the ledger names. */
    private void checkManifest(Checkpoint checkpoint, RunLedger ledger) {
        String recorded = Optional.ofNullable(ledger.applied().get(checkpoint.step()))
                .map(StepApplied::getCheckpointSha256)
                .or(() -> ledger.ended()
                        .filter(ended -> ledger.endedStep() == checkpoint.step())
                        .map(RunEnded::getCheckpointSha256))
                .orElse(null);
        ledgerKnowsManifest = checkpoint.sha256().equals(recorded);
        if (recorded != null) {
            expect(
                    "the SHA-256 of the manifest in the ledger and of the one that is here",
                    recorded,
                    checkpoint.sha256());
        }
    }

    /** What follows from the batches in the ledger. */
    private void checkProgress(TrainerState state, RunLedger ledger) {
        RunProgress progress = new RunProgress();
        ledger.planned().headMap(state.step() + 1).values().forEach(progress::add);
        expect(
                "the positions after the groups in the ledger and in the checkpoint",
                progress.positions(),
                state.positions());
        expect("the groups used in the ledger and in the checkpoint", progress.used(), state.groupsUsed());
    }

    private void checkOutcome(TrainerState state, RunLedger ledger) {
        StepApplied applied = ledger.applied().get(state.step());
        if (applied == null) {
            return;
        }
        expect("the loss of step " + state.step(), applied.getLoss(), state.loss());
        expect("the gradient norm of step " + state.step(), applied.getGradientNorm(), state.gradientNorm());
        applied.getMetrics()
                .forEach((name, value) -> expect(
                        "the metric " + name + " of step " + state.step(),
                        value,
                        state.metrics().get(name)));
        // A replay by a later version measures more than the ledger of before has.
        state.metrics().keySet().stream()
                .filter(name -> !applied.getMetrics().containsKey(name))
                .forEach(name -> unproven.add("metric " + name));
    }

    /** The topic is compacted: only the newest versions of a run are sure to be there. */
    private void checkPolicy(TrainerState state) {
        try (LogReader<PolicyVersion> reader = new LogReader<>(log, Topic.POLICIES, PolicyVersion.class)) {
            reader.read(reader.everything(), record -> {
                PolicyVersion policy = record.value();
                if (policy != null && policy.getRunId().equals(state.runId()) && policy.getVersion() == state.step()) {
                    expect(
                            "the weights' SHA-256 of the policy announced as version " + state.step(),
                            policy.getWeightsSha256(),
                            state.weightsSha256());
                }
            });
        }
    }

    private void checkSettings(Checkpoint checkpoint, TrainerState state, RunStarted started) throws IOException {
        try {
            expect(
                    "the seed in the ledger's settings and the checkpoint",
                    RunSettings.of(state.runId(), started).seed(),
                    state.seed());
        } catch (LedgerException e) {
            faults.add(e.getMessage());
        }
        Path optimizer = checkpoint.file(PolicyTraining.OPTIMIZER_FILE);
        if (Files.isRegularFile(optimizer)) {
            try (SafetensorsFile file = SafetensorsFile.open(optimizer)) {
                expect(
                        "the steps that the optimizer's state has taken and the checkpoint's",
                        file.metadata().get("step"),
                        String.valueOf(state.step()));
            }
        }
    }

    private void expect(String what, Object there, Object here) {
        if (!Objects.equals(there, here)) {
            faults.add(what + ": " + there + " does not equal " + here);
        }
    }

    private void readGroups(RunLedger ledger, long last, Consumer<UsedGroup> each) {
        try (LogReader<ScoredGroup> reader =
                new LogReader<>(log, ledger.started().orElseThrow().getSourceTopic(), ScoredGroup.class)) {
            for (Map.Entry<Long, StepPlanned> entry :
                    ledger.planned().headMap(last + 1).entrySet()) {
                StepPlanned plan = entry.getValue();
                plan.getSetAside().forEach(aside -> setAside.merge(RunLedger.kindOf(aside), 1L, Long::sum));
                List<LogPosition> positions = plan.getGroups().stream()
                        .map(g -> new LogPosition(g.getPartition(), g.getOffset()))
                        .toList();
                List<ConsumerRecord<String, ScoredGroup>> records = reader.at(positions);
                for (int i = 0; i < records.size(); i++) {
                    ConsumerRecord<String, ScoredGroup> record = records.get(i);
                    check(entry.getKey(), plan, plan.getGroups().get(i), record.value());
                    count(record.value());
                    each.accept(new UsedGroup(entry.getKey(), record.partition(), record.offset(), record.value()));
                }
            }
        }
    }

    private void check(long step, StepPlanned plan, GroupPosition named, ScoredGroup found) {
        if (plan.getRecipeSha256() != null && !plan.getRecipeSha256().equals(found.getRecipeSha256())) {
            faults.add("step " + step + " learned, so the ledger, from recipe " + plan.getRecipeSha256()
                    + ", but group " + named.getGroupId() + " was rewarded by " + found.getRecipeSha256());
        }
        if (!named.getGroupId().equals(found.getGroupId())) {
            faults.add("step " + step + " used group " + named.getGroupId() + ", but partition " + named.getPartition()
                    + ", offset " + named.getOffset() + " has " + found.getGroupId());
        }
    }

    private void count(ScoredGroup group) {
        groups++;
        recipes.merge(group.getRecipe() + "@" + group.getRecipeSha256(), 1L, Long::sum);
        for (GroupMember member : group.getMembers()) {
            completions++;
            policyVersions
                    .computeIfAbsent(group.getRunId(), run -> new TreeMap<>())
                    .merge(member.getPolicyVersion(), 1L, Long::sum);
            for (Score score : member.getScores()) {
                scorers.merge(score.getScorer() + "@" + score.getScorerVersion(), 1L, Long::sum);
            }
        }
    }
}
