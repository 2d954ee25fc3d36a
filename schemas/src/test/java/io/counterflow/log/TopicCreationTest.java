package io.counterflow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.SharedCluster.Logs;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Topics are created as the log needs them, and those that do not fit are refused. */
@ExtendWith(SharedCluster.class)
class TopicCreationTest {

    private static Logs logs;

    @BeforeAll
    static void shareCluster(Logs shared) {
        logs = shared;
    }

    @Test
    void topicsAreKeptForEverAndOnlyPoliciesAreCompacted() throws Exception {
        try (Log log = logs.empty("team-a.", 3)) {
            log.createTopics();
            log.createTopics();
            try (Admin admin = log.admin()) {
                assertThat(setting(admin, "team-a.completions", "retention.ms")).isEqualTo("-1");
                assertThat(setting(admin, "team-a.completions", "cleanup.policy"))
                        .isEqualTo("delete");
                assertThat(setting(admin, "team-a.policies", "cleanup.policy")).isEqualTo("compact");
                assertThat(admin.describeTopics(List.of("team-a.scores"))
                                .allTopicNames()
                                .get()
                                .get("team-a.scores")
                                .partitions())
                        .hasSize(3);
            }
        }
    }

    @Test
    void aCompactedCompletionsTopicIsRefusedByName() throws Exception {
        try (Log log = logs.empty("compacted.", 4)) {
            try (Admin admin = log.admin()) {
                admin.createTopics(List.of(new NewTopic("compacted.completions", 4, (short) 1)
                                .configs(Map.of("cleanup.policy", "compact"))))
                        .all()
                        .get();
            }
            assertThatThrownBy(log::createTopics)
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("compacted.completions")
                    .hasMessageContaining("cleanup.policy=compact");
        }
    }

    @Test
    void topicsOfOnePromptMustHaveEquallyManyPartitions() throws Exception {
        try (Log log = logs.empty("uneven.", 4)) {
            try (Admin admin = log.admin()) {
                admin.createTopics(List.of(new NewTopic("uneven.scores", 2, (short) 1)))
                        .all()
                        .get();
            }
            assertThatThrownBy(log::createTopics)
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("uneven.scores has 2 partitions, but must have 4");
        }
    }

    private static String setting(Admin admin, String topic, String key) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return admin.describeConfigs(List.of(resource))
                .all()
                .get()
                .get(resource)
                .get(key)
                .value();
    }
}
