package io.counterflow.cli.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.model.LoraConfig;
import io.counterflow.producer.source.PolicyCompletionSource;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.trainer.Runs;
import io.counterflow.trainer.SampledGroups;
import io.counterflow.trainer.TrainerConfig;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.batch.SourceConfig;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a trainer publishes of an adapter, as a producer takes it. */
class FollowedAdapterTest {

    @TempDir
    Path directory;

    @Test
    void aSamplerFollowsAdaptersOnOneBaseAndRefusesOneThatWasChanged() throws Exception {
        try (EmbeddedLog embedded = EmbeddedLog.start(directory.resolve("kafka"));
                Log log = new Log(embedded.config());
                SampledGroups groups = new SampledGroups(log, 11)) {
            log.createTopics();
            groups.publish("past", 80);
            TrainerConfig config = Runs.withLora(
                    Runs.of("followed", directory, SourceConfig.offline(List.of("past"), 1), null, 4),
                    LoraConfig.ofRank(4));
            new TrainerService(log, config, InstantSource.system()).run();
            List<PolicyVersion> versions = policies(log);
            assertThat(versions.get(0).getVersion()).isZero();
            // The oldest were pruned.
            List<PolicyVersion> there = versions.stream()
                    .filter(version -> Files.isDirectory(Path.of(URI.create(version.getLocation()))))
                    .toList();
            assertThat(there).hasSize(4);
            try (PolicyCompletionSource source = new PolicyCompletionSource()) {
                for (PolicyVersion version : List.of(there.get(0), there.get(1), there.get(3), there.get(0))) {
                    source.follow(version);
                    assertThat(source.stamp().weightsSha256()).isEqualTo(version.getWeightsSha256());
                }
                PolicyVersion wrong = PolicyVersion.newBuilder(there.get(2))
                        .setWeightsSha256("0".repeat(64))
                        .build();
                assertThatThrownBy(() -> source.follow(wrong))
                        .hasMessageContaining("was published with weights of SHA-256 000")
                        .hasMessageContaining(there.get(2).getWeightsSha256());
                assertThat(source.stamp().version()).isZero();
            }
        }
    }

    private static List<PolicyVersion> policies(Log log) {
        List<PolicyVersion> all = new ArrayList<>();
        try (LogReader<PolicyVersion> reader = new LogReader<>(log, Topic.POLICIES, PolicyVersion.class)) {
            reader.read(reader.everything(), r -> all.add(r.value()));
        }
        return all;
    }
}
