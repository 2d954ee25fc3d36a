package io.counterflow.producer;

import io.counterflow.log.Identifiers;
import io.counterflow.schemas.Prompt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The prompts of one partition and how far sampling has come in them.
 *
 * <p>In every pass the prompts are taken in ascending order of {@link Identifiers#orderKey}. Everything up to the key of
 * the last sampled prompt is done; a prompt that arrives later, with a lower key, has its turn in the next pass. So the
 * last completion in the log is all that a restart needs to know. One thread.
 */
final class Lane {

    private final int partition;
    private final long seed;
    private final String trainingSplit;
    private final Map<String, StoredPrompt> prompts = new HashMap<>();
    private final TreeMap<String, StoredPrompt> heldOut = new TreeMap<>();
    private final Set<String> refused = new HashSet<>();
    private final Set<String> evaluatedGroups = new HashSet<>();
    private final LinkedHashSet<String> waitingGroups = new LinkedHashSet<>();
    private final TreeMap<String, StoredPrompt> remaining = new TreeMap<>();
    private long pass;
    private long nextPosition;
    private String lastKey = "";
    private long groups;

    /** A prompt and where it stands in its partition. */
    record StoredPrompt(Prompt prompt, long offset) {}

    /** A prompt whose turn it is. */
    record Turn(Lane lane, long pass, String orderKey, StoredPrompt stored) {}

    Lane(int partition, long seed, String trainingSplit, PastSamples past) {
        this.partition = partition;
        this.seed = seed;
        this.trainingSplit = trainingSplit;
        past.last().ifPresent(last -> {
            pass = last.pass();
            nextPosition = last.position() + 1;
            lastKey = Identifiers.orderKey(seed, last.pass(), last.promptId());
        });
        evaluatedGroups.addAll(past.evaluationGroups());
        waitingGroups.addAll(past.recentGroups());
        groups = past.groups();
    }

    int partition() {
        return partition;
    }

    /** Takes in a prompt of the task; the newest record of an id counts. */
    void put(StoredPrompt stored) {
        String id = stored.prompt().getPromptId();
        if (!stored.prompt().getSplit().equals(trainingSplit)) {
            heldOut.put(id, stored);
            return;
        }
        refused.remove(id);
        prompts.put(id, stored);
        String key = Identifiers.orderKey(seed, pass, id);
        if (key.compareTo(lastKey) > 0) {
            remaining.put(key, stored);
        }
    }

    /** Takes a prompt out for good, because it cannot be sampled. */
    void refuse(Turn turn) {
        refused.add(turn.stored().prompt().getPromptId());
        remaining.remove(turn.orderKey());
    }

    void refuseHeldOut(String promptId) {
        heldOut.remove(promptId);
    }

    boolean hasPrompts() {
        return prompts.size() > refused.size();
    }

    /** The next prompt to sample, if there is any; begins the next pass where one is over. */
    Optional<Turn> next() {
        if (remaining.isEmpty() && hasPrompts()) {
            pass++;
            nextPosition = 0;
            lastKey = "";
            prompts.forEach((id, stored) -> {
                if (!refused.contains(id)) {
                    remaining.put(Identifiers.orderKey(seed, pass, id), stored);
                }
            });
        }
        return remaining.isEmpty()
                ? Optional.empty()
                : Optional.of(new Turn(
                        this, pass, remaining.firstKey(), remaining.firstEntry().getValue()));
    }

    /** Notes that a turn is taken; the position it has in its pass. */
    long take(Turn turn, String groupId) {
        remaining.remove(turn.orderKey());
        lastKey = turn.orderKey();
        waitingGroups.add(groupId);
        groups++;
        return nextPosition++;
    }

    /** Training groups of the run in this partition, as far as they are known. */
    long groups() {
        return groups;
    }

    /** Held-out prompts, by id, that have no evaluation group for a version yet. */
    List<StoredPrompt> toEvaluate(String runId, long version, int most) {
        List<StoredPrompt> missing = new ArrayList<>();
        int considered = 0;
        for (StoredPrompt stored : heldOut.values()) {
            if (most > 0 && considered++ == most) {
                break;
            }
            String id = stored.prompt().getPromptId();
            if (!evaluatedGroups.contains(Identifiers.evaluationGroupId(runId, id, version))) {
                missing.add(stored);
            }
        }
        return missing;
    }

    void evaluated(String groupId) {
        evaluatedGroups.add(groupId);
    }

    /**
     * Notes that the trainer has used or passed over a group. Groups that were sampled before it wait no longer: either
     * they were trained as well, or their scores failed.
     *
     * @return whether it was one of this lane's
     */
    boolean trained(String groupId) {
        if (!waitingGroups.contains(groupId)) {
            return false;
        }
        var oldest = waitingGroups.iterator();
        boolean found = false;
        while (!found) {
            found = oldest.next().equals(groupId);
            oldest.remove();
        }
        return true;
    }

    /** Groups that were sampled and that the trainer has not come to yet. */
    int waiting() {
        return waitingGroups.size();
    }
}
