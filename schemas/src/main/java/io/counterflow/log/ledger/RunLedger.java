package io.counterflow.log.ledger;

import io.counterflow.files.Sha256;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.RunEnded;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.SetAside;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that the ledger says of one run, each entry once. Filled by folding the entries in their order; not thread-safe
 * while it is filled.
 */
public final class RunLedger {

    private final String runId;
    private RunStarted started;
    private RunEnded ended;
    private long endedStep;
    private final TreeMap<Long, StepPlanned> planned = new TreeMap<>();
    private final TreeMap<Long, Long> plannedOffsets = new TreeMap<>();
    private final UsedGroups used = new UsedGroups();
    private final TreeMap<Long, StepApplied> applied = new TreeMap<>();

    public RunLedger(String runId) {
        this.runId = runId;
    }

    /**
     * Takes in the next entry. One that is there already, equal but for its time, changes nothing.
     *
     * @param offset where it stands in the topic
     * @return whether it was not there yet
     * @throws LedgerException for an entry that contradicts an earlier one
     */
    public boolean fold(TrainingStep entry, long offset) {
        long step = entry.getStep();
        Object content = entry.getEntry();
        if (content instanceof RunStarted start) {
            return foldStart(start, offset);
        } else if (content instanceof StepPlanned plan) {
            return foldPlan(step, plan, offset);
        } else if (content instanceof StepApplied outcome) {
            return foldOutcome(step, outcome, offset);
        } else if (content instanceof RunEnded end) {
            return foldEnd(step, end, offset);
        }
        throw contradiction("an entry of an unknown kind: " + content.getClass().getName(), offset);
    }

    private boolean foldStart(RunStarted start, long offset) {
        if (started == null) {
            started = start;
            return true;
        }
        if (!started.getConfigurationSha256().equals(start.getConfigurationSha256())) {
            throw contradiction("two beginnings with different settings", offset);
        }
        return false;
    }

    private boolean foldPlan(long step, StepPlanned plan, long offset) {
        StepPlanned before = planned.get(step);
        if (before != null) {
            if (!canonical(step, before).equals(canonical(step, plan))) {
                throw contradiction("two different batches for step " + step, offset);
            }
            return false;
        }
        if (step != planned.size() + 1) {
            throw contradiction("step " + step + " where step " + (planned.size() + 1) + " is due", offset);
        }
        used.secondUse(plan).ifPresent(twice -> {
            throw contradiction(twice, offset);
        });
        used.add(step, plan);
        planned.put(step, plan);
        plannedOffsets.put(step, offset);
        return true;
    }

    private boolean foldOutcome(long step, StepApplied outcome, long offset) {
        if (!planned.containsKey(step)) {
            throw contradiction("an outcome of step " + step + ", which was not planned", offset);
        }
        StepApplied before = applied.putIfAbsent(step, outcome);
        if (before != null && !sameOutcome(before, outcome)) {
            throw contradiction("two different outcomes of step " + step, offset);
        }
        return before == null;
    }

    private boolean foldEnd(long step, RunEnded end, long offset) {
        if (ended != null) {
            if (endedStep != step || !ended.getWeightsSha256().equals(end.getWeightsSha256())) {
                throw contradiction("two different ends", offset);
            }
            return false;
        }
        ended = end;
        endedStep = step;
        return true;
    }

    /**
     * Checks a batch before it is decided: a group is learned from once in each pass over the source.
     *
     * @throws LedgerException naming a group that an earlier batch of the same pass has
     */
    public void requireNotUsed(StepPlanned plan) {
        used.secondUse(plan).ifPresent(twice -> {
            throw new LedgerException("the batch after step " + lastPlanned() + " of run " + runId + " is not decided: "
                    + twice + ". This is a fault of the program, please report it");
        });
    }

    private LedgerException contradiction(String what, long offset) {
        return new LedgerException(
                "the ledger of run " + runId + " contradicts itself at offset " + offset + ": " + what);
    }

    public String runId() {
        return runId;
    }

    public Optional<RunStarted> started() {
        return Optional.ofNullable(started);
    }

    public Optional<RunEnded> ended() {
        return Optional.ofNullable(ended);
    }

    /** The step that the run ended with; only where it has ended. */
    public long endedStep() {
        return endedStep;
    }

    /** Batches by step, in order. */
    public SortedMap<Long, StepPlanned> planned() {
        return Collections.unmodifiableSortedMap(planned);
    }

    /** Outcomes by step, in order. */
    public SortedMap<Long, StepApplied> applied() {
        return Collections.unmodifiableSortedMap(applied);
    }

    /** The newest step that was decided; 0 where none was. */
    public long lastPlanned() {
        return planned.isEmpty() ? 0 : planned.lastKey();
    }

    /** The newest step whose outcome is there; 0 where none is. */
    public long lastApplied() {
        return applied.isEmpty() ? 0 : applied.lastKey();
    }

    /** SHA-256 of the recipe that the newest batch's groups were rewarded by; empty where there is no batch, or it is of before recipes were named. */
    public Optional<String> recipeSha256() {
        return planned.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(planned.lastEntry().getValue().getRecipeSha256());
    }

    /** A cause without the numbers that only this group has, so that groups set aside can be counted by it. */
    public static String kindOf(SetAside aside) {
        return aside.getCause().replaceAll("(?<!@)\\b[0-9]+\\b", "#");
    }

    /** Where the batch of a step stands in the topic. */
    public long plannedOffset(long step) {
        return plannedOffsets.get(step);
    }

    /**
     * SHA-256 of the ledger without what may differ between two runs that did the same: run id, places of checkpoints,
     * times, and repetitions.
     */
    public String canonicalSha256() {
        MessageDigest digest = Sha256.digest();
        if (started != null) {
            add(
                    digest,
                    "started " + started.getSourceTopic() + " " + started.getConfigurationSha256() + " "
                            + started.getInitialWeightsSha256());
        }
        planned.forEach((step, plan) -> {
            add(digest, canonical(step, plan));
            StepApplied outcome = applied.get(step);
            if (outcome != null) {
                add(digest, canonical(step, outcome));
            }
        });
        if (ended != null) {
            add(digest, "ended " + endedStep + " " + ended.getWeightsSha256());
        }
        return Sha256.hex(digest);
    }

    private static void add(MessageDigest digest, String line) {
        digest.update((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static String canonical(long step, StepPlanned plan) {
        StringBuilder line = new StringBuilder("planned ").append(step);
        for (GroupPosition group : plan.getGroups()) {
            line.append(' ').append(canonical(group));
        }
        for (SetAside aside : plan.getSetAside()) {
            line.append(" aside ")
                    .append(canonical(aside.getPosition()))
                    .append(' ')
                    .append(aside.getCause());
        }
        if (plan.getRecipeSha256() != null) {
            line.append(" recipe ").append(plan.getRecipeSha256());
        }
        return line.append(" epoch ")
                .append(plan.getEpoch())
                .append(" seed ")
                .append(plan.getSeed())
                .append(" learning rate ")
                .append(plan.getLearningRate())
                .toString();
    }

    private static String canonical(GroupPosition group) {
        return group.getPartition() + ":" + group.getOffset() + ":" + group.getGroupId();
    }

    private static String canonical(long step, StepApplied outcome) {
        StringBuilder line = new StringBuilder("applied ")
                .append(step)
                .append(" loss ")
                .append(outcome.getLoss())
                .append(" gradient norm ")
                .append(outcome.getGradientNorm());
        for (Map.Entry<String, Double> metric : new TreeMap<>(outcome.getMetrics()).entrySet()) {
            line.append(' ').append(metric.getKey()).append(' ').append(metric.getValue());
        }
        return line.toString();
    }

    /**
     * Whether two outcomes of a step are the same, times aside. A metric that only one of them names says nothing: another
     * version may measure more.
     */
    public static boolean sameOutcome(StepApplied one, StepApplied other) {
        return same(one.getLoss(), other.getLoss())
                && same(one.getGradientNorm(), other.getGradientNorm())
                && one.getMetrics().entrySet().stream()
                        .allMatch(metric -> !other.getMetrics().containsKey(metric.getKey())
                                || same(metric.getValue(), other.getMetrics().get(metric.getKey())));
    }

    private static boolean same(double one, double other) {
        return Double.compare(one, other) == 0;
    }
}
