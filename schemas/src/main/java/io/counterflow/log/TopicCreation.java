package io.counterflow.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the topics that are missing and checks those that are there. */
final class TopicCreation {

    private static final Logger LOG = LoggerFactory.getLogger(Log.class);
    private static final int ATTEMPTS = 50;
    private static final long PAUSE_MILLIS = 100;

    private final Log log;

    TopicCreation(Log log) {
        this.log = log;
    }

    void run() {
        withAdmin(admin -> {
            Map<String, NewTopic> wanted = new LinkedHashMap<>();
            for (Topic topic : Topic.values()) {
                wanted.put(log.topicName(topic), wanted(topic));
            }
            create(admin, wanted);
            checkPartitions(admin);
            checkSettings(admin);
            return null;
        });
    }

    void groups(String name) {
        withAdmin(admin -> {
            int partitions = partitions(admin, log.topicName(Topic.PROMPTS));
            create(admin, Map.of(name, wanted(name, partitions, Topic.SCORED_GROUPS)));
            int there = partitions(admin, name);
            if (there != partitions) {
                throw new LogException("topic " + name + " has " + there + " partitions, but must have " + partitions
                        + ", as " + log.topicName(Topic.PROMPTS) + "; create it again, or choose another");
            }
            return null;
        });
    }

    void reach() {
        withAdmin(admin -> admin.listTopics().names().get());
    }

    boolean isThere(String name) {
        return withAdmin(admin -> admin.listTopics().names().get().contains(name));
    }

    /** Work that needs an administration client. */
    @FunctionalInterface
    private interface Work<T> {
        T with(Admin admin) throws InterruptedException, ExecutionException;
    }

    private <T> T withAdmin(Work<T> work) {
        try (Admin admin = client()) {
            return work.with(admin);
        } catch (ExecutionException e) {
            throw unreachable("cannot say which topics they have", e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Settings that cannot be used, and names that cannot be resolved, are found out here. */
    private Admin client() {
        try {
            return log.admin();
        } catch (KafkaException e) {
            throw unreachable("cannot be asked anything", e.getCause() == null ? e : e.getCause());
        }
    }

    private LogException unreachable(String what, Throwable cause) {
        return new LogException(
                "the brokers at " + log.config().bootstrapServers() + " " + what + ": " + cause.getMessage()
                        + "; are they running, and are log.bootstrapServers and log.client right?",
                cause);
    }

    private static void create(Admin admin, Map<String, NewTopic> wanted)
            throws InterruptedException, ExecutionException {
        Map<String, NewTopic> missing = new LinkedHashMap<>(wanted);
        missing.keySet().removeAll(admin.listTopics().names().get());
        Map<String, KafkaFuture<Void>> created =
                admin.createTopics(missing.values()).values();
        for (NewTopic topic : missing.values()) {
            try {
                created.get(topic.name()).get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw new LogException(
                            "cannot create topic " + topic.name() + " (partitions " + topic.numPartitions()
                                    + ", replication factor "
                                    + (topic.replicationFactor() < 0 ? "of the broker" : topic.replicationFactor())
                                    + ", " + topic.configs() + "): "
                                    + e.getCause().getMessage(),
                            e.getCause());
                }
            }
        }
        if (!missing.isEmpty()) {
            awaitLeaders(admin, missing.keySet());
        }
    }

    /**
     * A broker knows that it leads a partition a moment before it takes records. A producer that sends several batches in that
     * moment may have the second taken and the first refused, and then can never put them in order.
     */
    private static void awaitLeaders(Admin admin, Collection<String> topics)
            throws InterruptedException, ExecutionException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        describe(admin, topics).forEach((name, topic) -> topic.partitions()
                .forEach(p -> asked.put(new TopicPartition(name, p.partition()), OffsetSpec.latest())));
        patiently(() -> admin.listOffsets(asked).all().get());
    }

    /** A topic is listed a moment before every broker knows its partitions: asks again while one does not. */
    private static <T> T patiently(Question<T> question) throws InterruptedException, ExecutionException {
        for (int attempt = 1; ; attempt++) {
            try {
                return question.ask();
            } catch (ExecutionException e) {
                if (attempt == ATTEMPTS || !(e.getCause() instanceof RetriableException)) {
                    throw e;
                }
                Thread.sleep(PAUSE_MILLIS);
            }
        }
    }

    /** Something asked of the brokers. */
    @FunctionalInterface
    private interface Question<T> {
        T ask() throws InterruptedException, ExecutionException;
    }

    private NewTopic wanted(Topic topic) {
        return wanted(
                log.topicName(topic), topic.singlePartition() ? 1 : log.config().partitions(), topic);
    }

    private NewTopic wanted(String name, int partitions, Topic like) {
        Optional<Short> replication =
                Optional.ofNullable(log.config().replicationFactor()).map(Integer::shortValue);
        return new NewTopic(name, Optional.of(partitions), replication).configs(like.settings());
    }

    private void checkPartitions(Admin admin) throws InterruptedException, ExecutionException {
        Map<Topic, Integer> counts = new EnumMap<>(Topic.class);
        describe(admin)
                .forEach((topic, description) ->
                        counts.put(topic, description.partitions().size()));
        int prompts = counts.get(Topic.PROMPTS);
        counts.forEach((topic, count) -> {
            int expected = topic.singlePartition() ? 1 : prompts;
            if (count != expected) {
                throw new LogException("topic " + log.topicName(topic) + " has " + count + " partitions, but must have "
                        + expected + (topic.singlePartition() ? "" : ", as " + log.topicName(Topic.PROMPTS))
                        + "; create it again, or choose another log.topicPrefix");
            }
        });
        if (prompts != log.config().partitions()) {
            LOG.atWarn()
                    .addKeyValue("partitions", prompts)
                    .log(
                            "the topics are there already and keep their {} partitions; log.partitions is {}",
                            prompts,
                            log.config().partitions());
        }
    }

    private Map<Topic, TopicDescription> describe(Admin admin) throws InterruptedException, ExecutionException {
        Map<String, TopicDescription> found = describe(
                admin, Arrays.stream(Topic.values()).map(log::topicName).toList());
        return Arrays.stream(Topic.values())
                .collect(Collectors.toMap(topic -> topic, topic -> found.get(log.topicName(topic))));
    }

    private static int partitions(Admin admin, String name) throws InterruptedException, ExecutionException {
        return describe(admin, List.of(name)).get(name).partitions().size();
    }

    private static Map<String, TopicDescription> describe(Admin admin, Collection<String> names)
            throws InterruptedException, ExecutionException {
        return patiently(() -> admin.describeTopics(names).allTopicNames().get());
    }

    private void checkSettings(Admin admin) throws InterruptedException, ExecutionException {
        List<ConfigResource> resources = new ArrayList<>();
        for (Topic topic : Topic.values()) {
            resources.add(new ConfigResource(ConfigResource.Type.TOPIC, log.topicName(topic)));
        }
        Map<ConfigResource, Config> settings =
                admin.describeConfigs(resources).all().get();
        for (Topic topic : Topic.values()) {
            String name = log.topicName(topic);
            check(topic, name, settings.get(new ConfigResource(ConfigResource.Type.TOPIC, name)));
        }
    }

    private static void check(Topic topic, String name, Config settings) {
        String cleanup = value(settings, "cleanup.policy");
        if (topic.compacted() != cleanup.contains("compact")) {
            throw new LogException("topic " + name + " has cleanup.policy=" + cleanup + ", but "
                    + (topic.compacted()
                            ? "must keep the newest record of a run: set it to compact"
                            : "must keep every record, and compaction keeps one a key: set it to delete"));
        }
        String retention = value(settings, "retention.ms");
        if (!topic.compacted() && !retention.equals("-1")) {
            LOG.atWarn()
                    .addKeyValue("topic", name)
                    .addKeyValue("retention.ms", retention)
                    .log("records of this topic are removed after a time: runs that used them cannot be replayed then");
        }
    }

    private static String value(Config settings, String key) {
        ConfigEntry entry = settings.get(key);
        return entry == null || entry.value() == null ? "" : entry.value();
    }
}
