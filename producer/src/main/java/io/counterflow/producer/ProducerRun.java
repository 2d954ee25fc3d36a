package io.counterflow.producer;

import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.producer.GroupSampler.Order;
import io.counterflow.producer.Lane.StoredPrompt;
import io.counterflow.producer.Lane.Turn;
import io.counterflow.producer.source.CompletionSource;
import io.counterflow.producer.source.CompletionSource.Tokenized;
import io.counterflow.producer.source.PolicyUnavailableException;
import io.counterflow.producer.source.SamplingConfig;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The work of a producer from its start to its end, one step after the other. One thread. */
final class ProducerRun implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ProducerService.class);

    private static final Duration WAIT = Duration.ofMillis(100);

    /** Clocks of two machines may differ by this much. */
    private static final Duration CLOCK_SLACK = Duration.ofMinutes(10);

    private final Log log;
    private final ProducerConfig config;
    private final CompletionSource source;
    private final InstantSource clock;
    private final ProducerListener listener;
    private final Deserializer<Prompt> prompts;
    private final CompletionWriter writer;
    private final PolicyFeed policies;
    private final PromptFeed feed;
    private final GroupSampler sampler;
    private final RefusedPrompts refusals;
    private final BackPressure pressure;
    private final TreeMap<Integer, Lane> lanes = new TreeMap<>();
    /** Versions with nothing left to evaluate in the present lanes. */
    private final Set<Long> evaluated = new HashSet<>();

    private LedgerFeed ledger;
    private PolicyVersion followed;
    private boolean idle;
    private boolean paused;
    private boolean saidNoPrompts;

    ProducerRun(
            Log log, ProducerConfig config, CompletionSource source, InstantSource clock, ProducerListener listener) {
        this.log = log;
        this.config = config;
        this.source = source;
        this.clock = clock;
        this.listener = listener;
        this.prompts = log.deserializer(Prompt.class);
        this.sampler = new GroupSampler(config, source, clock);
        this.refusals = new RefusedPrompts(log, clock);
        this.pressure = new BackPressure(config.backPressure());
        String name = log.config().topicPrefix() + "producer-" + config.runId();
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            writer = new CompletionWriter(log, name + "-" + config.instance());
            opened.add(writer);
            policies = new PolicyFeed(log, config.runId());
            opened.add(policies);
            feed = new PromptFeed(log, name, config.instance());
        } catch (RuntimeException e) {
            Closing.all(opened, e);
            throw e;
        }
    }

    /** Does the next piece of work, or waits a moment for some. Says false when all is done. */
    boolean step() {
        takeIn(feed.poll(idle ? WAIT : Duration.ZERO));
        idle = true;
        policies.poll();
        followLedger();
        if (!feed.joined() || !feed.caughtUp()) {
            return true;
        }
        if (source.followsPolicies()) {
            if (policies.newest().isEmpty()) {
                return true;
            }
            for (PolicyVersion version : policies.toEvaluate()) {
                if (!evaluated.contains(version.getVersion())) {
                    if (evaluate(version)) {
                        idle = false;
                        return true;
                    }
                    evaluated.add(version.getVersion());
                }
            }
            if (policies.ended()) {
                return false;
            }
            follow(policies.newest().get());
        }
        return sampleForTraining();
    }

    private void takeIn(List<ConsumerRecord<byte[], byte[]>> records) {
        feed.takeLost().forEach(lanes::remove);
        List<Integer> gained = feed.takeGained();
        if (!gained.isEmpty()) {
            past(gained)
                    .forEach((partition, past) ->
                            lanes.put(partition, new Lane(partition, config.seed(), config.split(), past)));
            evaluated.clear();
            if (ledger != null) {
                ledger.replay(this::trained);
            }
        }
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Lane lane = lanes.get(record.partition());
            if (lane != null && record.value() != null) {
                takeIn(lane, record);
            }
        }
    }

    private void takeIn(Lane lane, ConsumerRecord<byte[], byte[]> record) {
        Prompt prompt;
        try {
            prompt = prompts.deserialize(record.topic(), record.value());
        } catch (SerializationException e) {
            String where = record.topic() + "-" + record.partition() + "@" + record.offset();
            refusals.letter(record, "not a prompt: " + e.getMessage()).ifPresent(letter -> {
                LOG.warn("{} is not a prompt and is put into dead-letters: {}", where, e.getMessage());
                write(List.of(letter), List.of(lane));
            });
            return;
        }
        boolean ours = prompt.getTask().equals(config.task())
                && (prompt.getSplit().equals(config.split())
                        || prompt.getSplit().equals(config.evaluation().split()));
        if (ours) {
            lane.put(new StoredPrompt(prompt, record.offset()));
        }
    }

    private Map<Integer, PastSamples> past(List<Integer> partitions) {
        Optional<Instant> earliest = policies.since().map(since -> since.minus(CLOCK_SLACK));
        PastSamples.Horizon horizon =
                new PastSamples.Horizon(earliest, policies.knowsItsBeginning(), config.maxGroups() > 0);
        int recent = Math.max(1, config.backPressure().stopAbove());
        return PastSamples.read(log, partitions, config.runId(), config.seed(), recent, horizon);
    }

    private void followLedger() {
        if (!config.backPressure().pauses()) {
            return;
        }
        if (ledger == null) {
            Instant since = policies.since().map(s -> s.minus(CLOCK_SLACK)).orElse(Instant.EPOCH);
            ledger = new LedgerFeed(log, config.runId(), since);
            ledger.replay(this::trained);
        }
        ledger.poll(this::trained);
    }

    private void trained(String groupId) {
        for (Lane lane : lanes.values()) {
            if (lane.trained(groupId)) {
                pressure.trained();
                return;
            }
        }
    }

    /** Samples a batch of held-out prompts that this version has not seen; says false when it has seen all. */
    private boolean evaluate(PolicyVersion version) {
        record Missing(Lane lane, StoredPrompt stored) {}
        List<Missing> missing = new ArrayList<>();
        for (Lane lane : lanes.values()) {
            lane.toEvaluate(
                            config.runId(),
                            version.getVersion(),
                            config.evaluation().maxPrompts())
                    .forEach(stored -> missing.add(new Missing(lane, stored)));
        }
        if (missing.isEmpty() || !follow(version)) {
            return false;
        }
        SamplingConfig sampling = config.evaluationSampling();
        List<Order> orders = new ArrayList<>();
        List<ProducerRecord<String, SpecificRecord>> letters = new ArrayList<>();
        for (Missing one : missing) {
            Prompt prompt = one.stored().prompt();
            if (source.tokenize(prompt, sampling) instanceof Tokenized.Usable usable) {
                String group =
                        Identifiers.evaluationGroupId(config.runId(), prompt.getPromptId(), version.getVersion());
                orders.add(new Order(
                        one.lane(), one.stored(), usable.tokenIds(), group, Purpose.EVALUATION, 0, orders.size()));
            } else {
                refuse(one.lane(), one.stored(), sampling, letters);
                one.lane().refuseHeldOut(prompt.getPromptId());
            }
            if (orders.size() == config.groupsPerBatch()) {
                break;
            }
        }
        if (publish(orders, letters, config.evaluation().samplesPerPrompt(), sampling, Purpose.EVALUATION)) {
            orders.forEach(order -> order.lane().evaluated(order.groupId()));
        }
        return true;
    }

    private boolean sampleForTraining() {
        long groups = lanes.values().stream().mapToLong(Lane::groups).sum();
        if (config.maxGroups() > 0 && groups >= config.maxGroups()) {
            return false;
        }
        long waiting = lanes.values().stream().mapToLong(Lane::waiting).sum();
        if (!pressure.allows(waiting, clock.instant())) {
            if (!paused) {
                paused = true;
                listener.paused(waiting);
            }
            return true;
        }
        paused = false;
        long most = config.maxGroups() > 0
                ? Math.min(config.groupsPerBatch(), config.maxGroups() - groups)
                : config.groupsPerBatch();
        List<Order> orders = new ArrayList<>();
        List<ProducerRecord<String, SpecificRecord>> letters = new ArrayList<>();
        boolean passesOver = false;
        while (orders.size() < most) {
            Optional<Turn> turn = nextTurn();
            passesOver =
                    turn.isPresent() && config.maxPasses() > 0 && turn.get().pass() >= config.maxPasses();
            if (turn.isEmpty() || passesOver) {
                break;
            }
            order(turn.get(), letters).ifPresent(orders::add);
        }
        if (orders.isEmpty() && letters.isEmpty()) {
            if (!passesOver) {
                sayNoPrompts();
            }
            return !passesOver;
        }
        idle = false;
        publish(orders, letters, config.groupSize(), config.sampling(), Purpose.TRAINING);
        return true;
    }

    /** In the order of a pass over all of this instance's prompts; a partition that is behind comes first. */
    private Optional<Turn> nextTurn() {
        return lanes.values().stream()
                .flatMap(lane -> lane.next().stream())
                .min(Comparator.comparingLong(Turn::pass).thenComparing(Turn::orderKey));
    }

    private Optional<Order> order(Turn turn, List<ProducerRecord<String, SpecificRecord>> letters) {
        Prompt prompt = turn.stored().prompt();
        if (source.tokenize(prompt, config.sampling()) instanceof Tokenized.Usable usable) {
            String group = Identifiers.groupId(config.runId(), prompt.getPromptId(), turn.pass());
            long position = turn.lane().take(turn, group);
            return Optional.of(new Order(
                    turn.lane(), turn.stored(), usable.tokenIds(), group, Purpose.TRAINING, turn.pass(), position));
        }
        refuse(turn.lane(), turn.stored(), config.sampling(), letters);
        turn.lane().refuse(turn);
        return Optional.empty();
    }

    private void refuse(
            Lane lane,
            StoredPrompt stored,
            SamplingConfig sampling,
            List<ProducerRecord<String, SpecificRecord>> letters) {
        if (source.tokenize(stored.prompt(), sampling) instanceof Tokenized.Refused refused) {
            String id = stored.prompt().getPromptId();
            refusals.letter(lane.partition(), stored.offset(), refused.cause()).ifPresent(letter -> {
                LOG.warn("prompt {} cannot be sampled and is put into dead-letters: {}", id, refused.cause());
                letters.add(letter);
                listener.promptRefused(id, refused.cause());
            });
        }
    }

    private boolean publish(
            List<Order> orders,
            List<ProducerRecord<String, SpecificRecord>> letters,
            int size,
            SamplingConfig sampling,
            Purpose purpose) {
        List<ProducerRecord<String, SpecificRecord>> records = new ArrayList<>(letters);
        List<List<Completion>> groups = orders.isEmpty() ? List.of() : sampler.sample(orders, size, sampling);
        String topic = log.topicName(Topic.COMPLETIONS);
        for (int g = 0; g < groups.size(); g++) {
            int partition = orders.get(g).lane().partition();
            for (Completion completion : groups.get(g)) {
                records.add(new ProducerRecord<>(topic, partition, completion.getPromptId(), completion));
            }
        }
        boolean written = records.isEmpty()
                || write(records, orders.stream().map(Order::lane).distinct().toList());
        if (written && !orders.isEmpty()) {
            listener.groupsPublished(
                    purpose, orders.size(), orders.size() * size, source.stamp().version());
        }
        return written;
    }

    /** The positions make the transaction fail where a lane is not this instance's any more; tools show them as lag. */
    private boolean write(List<ProducerRecord<String, SpecificRecord>> records, List<Lane> of) {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        for (Lane lane : of.isEmpty() ? lanes.values() : of) {
            positions.put(
                    feed.topicPartition(lane.partition()), new OffsetAndMetadata(feed.position(lane.partition())));
        }
        boolean written = writer.write(records, positions, feed.membership());
        if (!written) {
            refusals.forget();
            feed.startOver();
        }
        return written;
    }

    /** Says false where an older version is not there any more; a newer one has taken its place. */
    private boolean follow(PolicyVersion version) {
        if (version.equals(followed)) {
            return true;
        }
        try {
            source.follow(version);
        } catch (PolicyUnavailableException e) {
            policies.poll();
            boolean newest = version.equals(policies.newest().orElse(null));
            if (newest) {
                throw e;
            }
            LOG.warn("policy {} is skipped: {}", version.getVersion(), e.getMessage());
            return false;
        }
        followed = version;
        LOG.atInfo()
                .addKeyValue("run", config.runId())
                .addKeyValue("version", version.getVersion())
                .log("sampling from policy {}", version.getVersion());
        listener.policyLoaded(version);
        return true;
    }

    private void sayNoPrompts() {
        boolean none = lanes.values().stream().noneMatch(Lane::hasPrompts);
        if (none && !lanes.isEmpty() && !saidNoPrompts) {
            saidNoPrompts = true;
            LOG.warn(
                    "waiting: topic {} has no prompts of task '{}', split '{}' that can be sampled; import some",
                    log.topicName(Topic.PROMPTS),
                    config.task(),
                    config.split());
        }
    }

    @Override
    public void close() {
        List<AutoCloseable> opened = new ArrayList<>(List.of(writer, policies, feed));
        if (ledger != null) {
            opened.add(ledger);
        }
        Closing.all(opened, null);
    }
}
