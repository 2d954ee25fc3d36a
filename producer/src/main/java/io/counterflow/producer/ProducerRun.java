package io.counterflow.producer;

import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.producer.GroupSampler.Order;
import io.counterflow.producer.Lane.StoredPrompt;
import io.counterflow.producer.Lane.Turn;
import io.counterflow.producer.Lanes.Unreadable;
import io.counterflow.producer.source.CompletionSource;
import io.counterflow.producer.source.CompletionSource.Tokenized;
import io.counterflow.producer.source.PolicyUnavailableException;
import io.counterflow.producer.source.SamplingConfig;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Purpose;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The work of a producer from its start to its end, one step after the other. One thread. */
final class ProducerRun implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ProducerService.class);

    private static final Duration WAIT = Duration.ofMillis(100);

    private final Log log;
    private final ProducerConfig config;
    private final CompletionSource source;
    private final InstantSource clock;
    private final ProducerListener listener;
    private final CompletionWriter writer;
    private final PolicyFeed policies;
    private final Lanes lanes;
    private final GroupSampler sampler;
    private final RefusedPrompts refusals;
    private final BackPressure pressure;
    /** Versions with nothing left to evaluate in the present lanes and their present prompts. */
    private final Set<Long> evaluated = new HashSet<>();

    private PolicyVersion followed;
    private boolean idle;
    private boolean paused;
    private boolean saidNoPrompts;

    /** Prompts that are sampled together, and dead letters of others that came up with them. */
    private record Batch(List<Order> orders, List<ProducerRecord<String, SpecificRecord>> letters) {
        Batch() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        boolean isEmpty() {
            return orders.isEmpty() && letters.isEmpty();
        }
    }

    ProducerRun(
            Log log, ProducerConfig config, CompletionSource source, InstantSource clock, ProducerListener listener) {
        this.log = log;
        this.config = config;
        this.source = source;
        this.clock = clock;
        this.listener = listener;
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
            lanes = new Lanes(log, config, name, policies, pressure::trained);
        } catch (RuntimeException e) {
            Closing.all(opened, e);
            throw e;
        }
    }

    /** Does the next piece of work, or waits a moment for some. Says false when all is done. */
    boolean step() {
        policies.poll();
        Lanes.Update update = lanes.update(idle ? WAIT : Duration.ZERO);
        idle = true;
        update.unreadable().forEach(this::bury);
        if (update.changed()) {
            evaluated.clear();
        }
        if (!lanes.ready()) {
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
                    sayNothingHeldOut(version);
                }
            }
        }
        if (policies.ended()) {
            return false;
        }
        if (source.followsPolicies()) {
            follow(policies.newest().get());
        }
        return sampleForTraining();
    }

    private void bury(Unreadable unreadable) {
        refusals.letter(unreadable.record(), unreadable.cause()).ifPresent(letter -> {
            LOG.warn(
                    "{}-{}, offset {}, is put into dead-letters: {}",
                    unreadable.record().topic(),
                    unreadable.record().partition(),
                    unreadable.record().offset(),
                    unreadable.cause());
            write(List.of(letter), List.of(unreadable.lane()));
        });
    }

    /** Samples a batch of held-out prompts that this version has not seen; says false when it has seen all. */
    private boolean evaluate(PolicyVersion version) {
        record Missing(Lane lane, StoredPrompt stored) {}
        int most = config.evaluation().maxPrompts();
        List<Missing> missing = new ArrayList<>();
        for (Lane lane : lanes.all()) {
            lane.toEvaluate(config.runId(), version.getVersion(), most)
                    .forEach(stored -> missing.add(new Missing(lane, stored)));
        }
        if (missing.isEmpty() || !follow(version)) {
            return false;
        }
        SamplingConfig sampling = config.evaluationSampling();
        Batch batch = new Batch();
        for (Missing one : missing) {
            String promptId = one.stored().prompt().getPromptId();
            Optional<int[]> tokens = tokens(one.lane(), one.stored(), sampling, batch);
            if (tokens.isPresent()) {
                String group = Identifiers.evaluationGroupId(config.runId(), promptId, version.getVersion());
                int position = batch.orders().size();
                batch.orders()
                        .add(new Order(one.lane(), one.stored(), tokens.get(), group, Purpose.EVALUATION, 0, position));
            } else {
                one.lane().refuseHeldOut(promptId);
            }
            if (batch.orders().size() == config.groupsPerBatch()) {
                break;
            }
        }
        if (publish(batch, config.evaluation().samplesPerPrompt(), sampling, Purpose.EVALUATION)) {
            batch.orders().forEach(order -> order.lane().evaluated(order.groupId()));
        }
        return true;
    }

    private boolean sampleForTraining() {
        if (config.evaluateOnly()) {
            return source.followsPolicies();
        }
        long most = config.groupsPerBatch();
        if (config.maxGroups() > 0) {
            most = Math.min(most, config.maxGroups() - lanes.groups());
            if (most <= 0) {
                return false;
            }
        }
        if (!pressure.allows(lanes.waiting(), staleness((int) most), clock.instant())) {
            if (!paused) {
                paused = true;
                listener.paused(lanes.waiting());
            }
            return true;
        }
        paused = false;
        Batch batch = new Batch();
        boolean passesOver = false;
        while (batch.orders().size() < most) {
            Optional<Turn> turn = lanes.nextTurn();
            passesOver =
                    turn.isPresent() && config.maxPasses() > 0 && turn.get().pass() >= config.maxPasses();
            if (turn.isEmpty() || passesOver) {
                break;
            }
            order(turn.get(), batch);
        }
        if (batch.isEmpty()) {
            sayNoPrompts();
            return !passesOver;
        }
        idle = false;
        publish(batch, config.groupSize(), config.sampling(), Purpose.TRAINING);
        return true;
    }

    private long staleness(int groups) {
        return source.followsPolicies() ? lanes.staleness(source.stamp().version(), groups) : 0;
    }

    private void order(Turn turn, Batch batch) {
        Lane lane = turn.lane();
        Optional<int[]> tokens = tokens(lane, turn.stored(), config.sampling(), batch);
        if (tokens.isEmpty()) {
            lane.refuse(turn);
            return;
        }
        String promptId = turn.stored().prompt().getPromptId();
        String group = Identifiers.groupId(config.runId(), promptId, turn.pass());
        long position = lane.take(turn, group);
        batch.orders()
                .add(new Order(lane, turn.stored(), tokens.get(), group, Purpose.TRAINING, turn.pass(), position));
    }

    /** The prompt as tokens; where it cannot be sampled, a dead letter is put into the batch, unless there is one. */
    private Optional<int[]> tokens(Lane lane, StoredPrompt stored, SamplingConfig sampling, Batch batch) {
        Prompt prompt = stored.prompt();
        Tokenized tokenized = source.tokenize(prompt, sampling);
        if (tokenized instanceof Tokenized.Refused refused) {
            refusals.letter(lane.partition(), stored.offset(), refused.cause()).ifPresent(letter -> {
                String id = prompt.getPromptId();
                LOG.warn("prompt {} cannot be sampled and is put into dead-letters: {}", id, refused.cause());
                batch.letters().add(letter);
                listener.promptRefused(id, refused.cause());
            });
        }
        return tokenized instanceof Tokenized.Usable usable ? Optional.of(usable.tokenIds()) : Optional.empty();
    }

    /** Says false when nothing was written because partitions have gone to another instance. */
    private boolean publish(Batch batch, int size, SamplingConfig sampling, Purpose purpose) {
        List<Order> orders = batch.orders();
        List<ProducerRecord<String, SpecificRecord>> records = new ArrayList<>(batch.letters());
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
            long encoded = groups.stream()
                    .flatMap(List::stream)
                    .filter(completion -> !completion.getTokenIdsExact())
                    .count();
            if (encoded > 0) {
                listener.tokenIdsEncoded((int) encoded);
            }
        }
        return written;
    }

    /** The positions make the transaction fail where a lane is not this instance's any more; tools show them as lag. */
    private boolean write(List<ProducerRecord<String, SpecificRecord>> records, List<Lane> of) {
        boolean written = writer.write(records, lanes.positions(of), lanes.membership());
        if (!written) {
            refusals.forget();
            lanes.startOver();
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
            if (version.equals(policies.newest().orElse(null))) {
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

    /** Prompts that come later are sampled then, from every version that asked for it and is still there. */
    private void sayNothingHeldOut(PolicyVersion version) {
        if (!lanes.all().isEmpty() && !lanes.hasHeldOut()) {
            LOG.warn(
                    "policy {} is not evaluated{}: topic {} has no prompts of task '{}', split '{}' here; import some",
                    version.getVersion(),
                    version.getLast() ? "" : " yet",
                    log.topicName(Topic.PROMPTS),
                    config.task(),
                    config.evaluation().split());
        }
    }

    private void sayNoPrompts() {
        if (lanes.empty() && !saidNoPrompts) {
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
        Closing.all(List.of(writer, policies, lanes), null);
    }
}
