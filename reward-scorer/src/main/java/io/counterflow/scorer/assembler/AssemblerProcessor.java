package io.counterflow.scorer.assembler;

import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.recipe.Recipe;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects completions and their outcomes until a group has all that its recipe waits for, or has waited long enough, and forwards
 * the group. After a restart an open group waits its full time again: while nothing was read, nothing could arrive.
 */
final class AssemblerProcessor implements Processor<String, byte[], String, SpecificRecord> {

    static final String MEMBERS = "members";
    static final String OUTCOMES = "outcomes";
    static final String CLOSED = "closed";
    static final String STATISTICS = "statistics";
    static final String GROUPS = "scored-groups";
    static final String DEAD_LETTERS = "dead-letters";

    private static final Logger LOG = LoggerFactory.getLogger(AssemblerProcessor.class);

    private final Recipe recipe;
    private final Set<ScorerId> awaited;
    private final GroupMaker maker;
    private final Function<ProcessorContext<?, ?>, GroupStores> storesOf;
    private final String completionsTopic;
    private final String groupsTopic;
    private final Serializer<ScoredGroup> groupSerializer;
    private final AssemblerListener listener;

    private ProcessorContext<String, SpecificRecord> context;
    private GroupStores stores;
    // In the order in which they were opened, and so of their deadlines.
    private final Map<String, OpenGroup> open = new LinkedHashMap<>();

    AssemblerProcessor(
            Recipe recipe,
            Function<ProcessorContext<?, ?>, GroupStores> storesOf,
            String completionsTopic,
            String groupsTopic,
            Serializer<ScoredGroup> groupSerializer,
            AssemblerListener listener) {
        this.recipe = recipe;
        this.awaited = recipe.awaited();
        this.maker = new GroupMaker(recipe);
        this.storesOf = storesOf;
        this.completionsTopic = completionsTopic;
        this.groupsTopic = groupsTopic;
        this.groupSerializer = groupSerializer;
        this.listener = listener;
    }

    @Override
    public void init(ProcessorContext<String, SpecificRecord> context) {
        this.context = context;
        this.stores = storesOf.apply(context);
        stores.forEach((groupId, completion) -> add(group(groupId), completion), (groupId, score) -> group(groupId)
                .addOutcome(score.getCompletionId(), GroupStores.idOf(score)));
        long wait = recipe.groupWait().toMillis();
        Duration every = Duration.ofMillis(Math.max(1, Math.min(1000, wait / 4)));
        context.schedule(every, PunctuationType.WALL_CLOCK_TIME, this::closeDue);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        String topic = context.recordMetadata().map(m -> m.topic()).orElse("");
        try {
            if (record.value() == null) {
                throw new SerializationException("the record has no value");
            }
            if (topic.equals(completionsTopic)) {
                take(stores.completion(record.value()), record.value());
            } else {
                take(stores.score(record.value()), record.value());
            }
        } catch (SerializationException e) {
            // The scorer of these completions has put them to the dead letters; a score can be made again.
            LOG.atWarn()
                    .addKeyValue("topic", topic)
                    .addKeyValue("key", record.key())
                    .log("record passed over, it cannot be read: {}", e.getMessage());
        }
    }

    private void take(Completion completion, byte[] value) {
        String groupId = completion.getGroupId();
        OpenGroup group = open.get(groupId);
        if (group == null) {
            if (stores.isClosed(groupId, now())) {
                return;
            }
            group = group(groupId);
        }
        if (!group.hasMember(completion.getCompletionId())) {
            stores.putMember(completion, value);
            add(group, completion);
            closeIfComplete(groupId, group);
        }
    }

    private void take(Score score, byte[] value) {
        ScorerId scorer = GroupStores.idOf(score);
        String groupId = score.getGroupId();
        if (recipe.term(scorer) == null) {
            return;
        }
        OpenGroup group = open.get(groupId);
        if (group == null) {
            if (stores.isClosed(groupId, now())) {
                return;
            }
            group = group(groupId);
        }
        // A score that is there stays; a failure makes room for whatever comes after it.
        if (group.hasOutcome(score.getCompletionId(), scorer)
                && stores.outcome(score).getOutcome() == Outcome.SCORED) {
            return;
        }
        stores.putOutcome(score, value);
        group.addOutcome(score.getCompletionId(), scorer);
        closeIfComplete(groupId, group);
    }

    private OpenGroup group(String groupId) {
        return open.computeIfAbsent(
                groupId, id -> new OpenGroup(now() + recipe.groupWait().toMillis()));
    }

    private static void add(OpenGroup group, Completion completion) {
        group.addMember(completion.getCompletionId(), completion.getIndexInGroup(), completion.getGroupSize());
    }

    private void closeIfComplete(String groupId, OpenGroup group) {
        if (group.complete(awaited)) {
            close(groupId, ClosedBy.COMPLETE);
        }
    }

    private void closeDue(long now) {
        List<String> due = new ArrayList<>();
        for (Map.Entry<String, OpenGroup> entry : open.entrySet()) {
            if (!entry.getValue().due(now)) {
                break;
            }
            due.add(entry.getKey());
        }
        due.forEach(groupId -> close(groupId, ClosedBy.TIME_LIMIT));
    }

    private void close(String groupId, ClosedBy closedBy) {
        List<Completion> completions = stores.membersOf(groupId);
        if (completions.isEmpty()) {
            LOG.atWarn().addKeyValue("group", groupId).log("scores without a completion, passed over");
        } else {
            forward(maker.make(
                    completions,
                    stores.outcomesOf(groupId),
                    closedBy,
                    Instant.ofEpochMilli(now()),
                    stores.statistics(recipe)));
        }
        open.remove(groupId);
        stores.close(groupId, now());
    }

    private void forward(ScoredGroup group) {
        if (maker.isUseful(group)) {
            context.forward(new Record<>(group.getPromptId(), group, now()), GROUPS);
            if (group.getPurpose() == Purpose.TRAINING) {
                stores.putStatistics(group);
            }
            listener.closed(group);
            return;
        }
        String cause = maker.lack(group);
        DeadLetter letter = DeadLetter.newBuilder()
                .setTopic(groupsTopic)
                .setPartition(-1)
                .setOffset(-1)
                .setKey(ByteBuffer.wrap(group.getPromptId().getBytes(StandardCharsets.UTF_8)))
                .setValue(ByteBuffer.wrap(groupSerializer.serialize(groupsTopic, group)))
                .setComponent("assembler/" + recipe.name())
                .setCause(cause)
                .setFailedAt(Instant.ofEpochMilli(now()))
                .build();
        context.forward(new Record<>(group.getPromptId(), letter, now()), DEAD_LETTERS);
        listener.givenUp(group, cause);
    }

    private long now() {
        return context.currentSystemTimeMs();
    }
}
