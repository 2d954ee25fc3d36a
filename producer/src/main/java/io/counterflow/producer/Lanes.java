package io.counterflow.producer;

import io.counterflow.log.Log;
import io.counterflow.producer.Lane.StoredPrompt;
import io.counterflow.producer.Lane.Turn;
import io.counterflow.schemas.Prompt;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/** The lanes of the partitions that are this instance's, kept up to date with prompts and with the ledger. One thread. */
final class Lanes implements AutoCloseable {

    /** Clocks of two machines may differ by this much. */
    private static final Duration CLOCK_SLACK = Duration.ofMinutes(10);

    private final Log log;
    private final ProducerConfig config;
    private final PolicyFeed policies;
    private final Runnable onTrained;
    private final Deserializer<Prompt> prompts;
    private final PromptFeed feed;
    private final TreeMap<Integer, Lane> lanes = new TreeMap<>();
    private LedgerFeed ledger;
    private long heldOut;
    private long heldOutBefore;

    /** A record of the prompts' topic that is none. */
    record Unreadable(Lane lane, ConsumerRecord<byte[], byte[]> record, String cause) {}

    /**
     * What an update brought.
     *
     * @param changed whether there are lanes, or held-out prompts, that were not there before
     */
    record Update(boolean changed, List<Unreadable> unreadable) {}

    /** @param onTrained called when the trainer has come to groups of these lanes */
    Lanes(Log log, ProducerConfig config, String group, PolicyFeed policies, Runnable onTrained) {
        this.log = log;
        this.config = config;
        this.policies = policies;
        this.onTrained = onTrained;
        this.prompts = log.deserializer(Prompt.class);
        this.feed = new PromptFeed(log, group, config.instance());
    }

    /** Takes in prompts, the partitions that came or went, and what was trained; waits for them where there are none. */
    Update update(Duration timeout) {
        List<ConsumerRecord<byte[], byte[]>> records = feed.poll(timeout);
        feed.takeLost().forEach(lanes::remove);
        List<Integer> gained = feed.takeGained();
        if (!gained.isEmpty()) {
            past(gained)
                    .forEach((partition, past) ->
                            lanes.put(partition, new Lane(partition, config.seed(), config.split(), past)));
        }
        List<Unreadable> unreadable = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Lane lane = lanes.get(record.partition());
            if (lane != null && record.value() != null) {
                takeIn(lane, record).ifPresent(unreadable::add);
            }
        }
        followLedger(!gained.isEmpty());
        boolean moreHeldOut = heldOut > heldOutBefore;
        heldOutBefore = heldOut;
        return new Update(!gained.isEmpty() || moreHeldOut, unreadable);
    }

    private Map<Integer, PastSamples> past(List<Integer> partitions) {
        Optional<Instant> earliest = policies.since().map(since -> since.minus(CLOCK_SLACK));
        PastSamples.Horizon horizon =
                new PastSamples.Horizon(earliest, policies.knowsItsBeginning(), config.maxGroups() > 0);
        int recent = Math.max(1, config.backPressure().stopAbove());
        return PastSamples.read(log, partitions, config.runId(), config.seed(), recent, horizon);
    }

    private Optional<Unreadable> takeIn(Lane lane, ConsumerRecord<byte[], byte[]> record) {
        Prompt prompt;
        try {
            prompt = prompts.deserialize(record.topic(), record.value());
        } catch (SerializationException e) {
            return Optional.of(new Unreadable(lane, record, "not a prompt: " + e.getMessage()));
        }
        boolean ours = prompt.getTask().equals(config.task())
                && (prompt.getSplit().equals(config.split())
                        || prompt.getSplit().equals(config.evaluation().split()));
        if (ours) {
            lane.put(new StoredPrompt(prompt, record.offset()));
            heldOut += prompt.getSplit().equals(config.split()) ? 0 : 1;
        }
        return Optional.empty();
    }

    private void followLedger(boolean fromTheBeginning) {
        if (!config.backPressure().pauses()) {
            return;
        }
        boolean replay = fromTheBeginning;
        if (ledger == null) {
            Instant since = policies.since().map(s -> s.minus(CLOCK_SLACK)).orElse(Instant.EPOCH);
            ledger = new LedgerFeed(log, config.runId(), since);
            replay = true;
        }
        if (replay) {
            ledger.replay(this::trained);
        }
        ledger.poll(this::trained);
    }

    private void trained(String groupId) {
        for (Lane lane : lanes.values()) {
            if (lane.trained(groupId)) {
                onTrained.run();
                return;
            }
        }
    }

    /** Whether this instance knows its partitions and all prompts that were in them. */
    boolean ready() {
        return feed.joined() && feed.caughtUp();
    }

    Collection<Lane> all() {
        return lanes.values();
    }

    /** Groups that were sampled and that the trainer has not come to yet. */
    long waiting() {
        return lanes.values().stream().mapToLong(Lane::waiting).sum();
    }

    /**
     * Policy versions that will lie between the samples taken next and their training: the steps made since the version
     * that is sampled from, and those that the waiting groups will be. Other instances are taken to be as far as this
     * one. 0 where the trainer has not groups enough for its next step, as it would wait in vain.
     *
     * @param version that is sampled from
     * @param more groups that are about to be sampled
     */
    long staleness(long version, int more) {
        if (ledger == null || ledger.groupsInStep() == 0 || lanes.isEmpty()) {
            return 0;
        }
        long share = feed.partitions();
        long waiting = waiting() * share / lanes.size();
        if (waiting < ledger.groupsInStep()) {
            return 0;
        }
        long ahead = waiting + more * share / lanes.size();
        long steps = (ahead + ledger.groupsInStep() - 1) / ledger.groupsInStep();
        return ledger.newestStep() + steps - 1 - version;
    }

    /** Training groups of the run, as far as they are known. */
    long groups() {
        return lanes.values().stream().mapToLong(Lane::groups).sum();
    }

    /** Whether there are partitions here, but no prompt in them that can be sampled. */
    boolean empty() {
        return !lanes.isEmpty() && lanes.values().stream().noneMatch(Lane::hasPrompts);
    }

    /** Whether prompts were held out in partitions that are or were here. */
    boolean hasHeldOut() {
        return heldOut > 0;
    }

    /** In the order of a pass over all of this instance's prompts; a partition that is behind comes first. */
    Optional<Turn> nextTurn() {
        return lanes.values().stream()
                .flatMap(lane -> lane.next().stream())
                .min(Comparator.comparingLong(Turn::pass).thenComparing(Turn::orderKey));
    }

    /** Where reading the prompts has come in the lanes' partitions, or in all where there are none. */
    Map<TopicPartition, OffsetAndMetadata> positions(Collection<Lane> some) {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        for (Lane lane : some.isEmpty() ? lanes.values() : some) {
            positions.put(
                    feed.topicPartition(lane.partition()), new OffsetAndMetadata(feed.position(lane.partition())));
        }
        return positions;
    }

    /** What a transaction must carry so that it fails once a lane's partition belongs to another instance. */
    ConsumerGroupMetadata membership() {
        return feed.membership();
    }

    /** Forgets every lane and builds it again from the log. */
    void startOver() {
        feed.startOver();
    }

    @Override
    public void close() {
        List<AutoCloseable> opened = new ArrayList<>(List.of(feed));
        if (ledger != null) {
            opened.add(ledger);
        }
        Closing.all(opened, null);
    }
}
