package io.counterflow.log.ledger;

import io.counterflow.log.LogPosition;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.SetAside;
import io.counterflow.schemas.StepPlanned;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which groups the batches of a pass over the source have used, and in which step. Not thread-safe. */
final class UsedGroups {

    private final Map<String, Long> steps = new HashMap<>();
    // What was used or set aside, in the first pass alone: groups that were set aside at the end of a pass stand in the
    // first batch of the next one.
    private final Map<LogPosition, Long> places = new HashMap<>();
    private long epoch;

    /** What a batch uses for a second time, as a sentence; empty where there is nothing of the kind. */
    Optional<String> secondUse(StepPlanned plan) {
        boolean samePass = plan.getEpoch() == epoch;
        Set<String> here = new HashSet<>();
        for (GroupPosition group : plan.getGroups()) {
            Long step = samePass ? steps.get(group.getGroupId()) : null;
            if (step != null || !here.add(group.getGroupId())) {
                return Optional.of(sentence(group, step));
            }
        }
        if (!samePass || epoch != 0) {
            return Optional.empty();
        }
        Set<LogPosition> placesHere = new HashSet<>();
        for (GroupPosition group : everything(plan)) {
            Long step = places.get(place(group));
            if (step != null || !placesHere.add(place(group))) {
                return Optional.of(sentence(group, step));
            }
        }
        return Optional.empty();
    }

    void add(long step, StepPlanned plan) {
        if (plan.getEpoch() != epoch) {
            epoch = plan.getEpoch();
            steps.clear();
            places.clear();
        }
        plan.getGroups().forEach(group -> steps.put(group.getGroupId(), step));
        if (epoch == 0) {
            everything(plan).forEach(group -> places.put(place(group), step));
        }
    }

    private static List<GroupPosition> everything(StepPlanned plan) {
        List<GroupPosition> all = new ArrayList<>(plan.getGroups());
        plan.getSetAside().stream().map(SetAside::getPosition).forEach(all::add);
        return all;
    }

    private static LogPosition place(GroupPosition group) {
        return new LogPosition(group.getPartition(), group.getOffset());
    }

    private static String sentence(GroupPosition group, Long step) {
        return "group " + group.getGroupId() + " at partition " + group.getPartition() + ", offset " + group.getOffset()
                + (step == null ? " stands in it twice" : " was used in step " + step + " of the same pass already");
    }
}
