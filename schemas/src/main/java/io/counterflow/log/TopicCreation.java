package io.counterflow.log;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the topics that are missing and checks those that are there. */
final class TopicCreation {

    private static final Logger LOG = LoggerFactory.getLogger(Log.class);

    private final Log log;

    TopicCreation(Log log) {
        this.log = log;
    }

    void run() {
        try (Admin admin = log.admin()) {
            Set<String> present = admin.listTopics().names().get();
            for (Topic topic : Topic.values()) {
                if (!present.contains(log.topicName(topic))) {
                    create(admin, topic);
                }
            }
            checkPartitions(admin);
            checkSettings(admin);
        } catch (ExecutionException e) {
            throw new LogException(
                    "the brokers at " + log.config().bootstrapServers() + " cannot say which topics they have: "
                            + e.getCause().getMessage()
                            + "; are they running, and are log.bootstrapServers and log.client right?",
                    e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void create(Admin admin, Topic topic) throws InterruptedException {
        int partitions = topic.singlePartition() ? 1 : log.config().partitions();
        Optional<Short> replication =
                Optional.ofNullable(log.config().replicationFactor()).map(Integer::shortValue);
        NewTopic wanted =
                new NewTopic(log.topicName(topic), Optional.of(partitions), replication).configs(topic.settings());
        try {
            admin.createTopics(List.of(wanted)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new LogException(
                        "cannot create topic " + wanted.name() + " (partitions " + partitions + ", replication factor "
                                + replication.map(String::valueOf).orElse("of the broker") + ", " + topic.settings()
                                + "): " + e.getCause().getMessage(),
                        e.getCause());
            }
        }
    }

    private void checkPartitions(Admin admin) throws InterruptedException, ExecutionException {
        Map<Topic, Integer> counts = new EnumMap<>(Topic.class);
        for (Topic topic : Topic.values()) {
            counts.put(topic, partitions(admin, log.topicName(topic)));
        }
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

    private static int partitions(Admin admin, String name) throws InterruptedException, ExecutionException {
        // A topic is listed a moment before every broker knows its partitions.
        for (int attempt = 1; ; attempt++) {
            try {
                KafkaFuture<TopicDescription> description =
                        admin.describeTopics(List.of(name)).topicNameValues().get(name);
                return description.get().partitions().size();
            } catch (ExecutionException e) {
                if (attempt == 50
                        || !(e.getCause() instanceof org.apache.kafka.common.errors.UnknownTopicOrPartitionException)) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
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
