package io.counterflow.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.Topic;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.trainer.SampledGroups;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupReaderTest {

    @TempDir
    Path directory;

    @Test
    void groupsAreThoseThatTheLedgerNamesWhetherTheyWereReadBeforeOrNot() {
        try (EmbeddedLog embedded = EmbeddedLog.start(directory.resolve("kafka"));
                Log log = new Log(embedded.config())) {
            log.createTopics();
            try (SampledGroups sampled = new SampledGroups(log, 3)) {
                sampled.publish("r", 12);
            }
            String topic = log.topicName(Topic.SCORED_GROUPS);
            List<GroupPosition> positions = new ArrayList<>();
            try (GroupReader reader = new GroupReader(log, topic, GroupReader.DEFAULT_KEEP)) {
                for (SourceRange range : SourceRanges.resolve(log, SourceConfig.offline(List.of("r"), 1))) {
                    reader.scan(range, group -> positions.add(group.ledgerPosition()));
                }
                assertThat(positions).hasSize(12);
                Collections.reverse(positions);
                assertThat(reader.read(positions))
                        .extracting(TrainingGroup::groupId)
                        .containsExactlyElementsOf(positions.stream()
                                .map(GroupPosition::getGroupId)
                                .toList());
            }
            GroupPosition there = positions.get(0);
            GroupPosition other = new GroupPosition(there.getPartition(), there.getOffset(), "another");
            for (long keep : List.of(0L, GroupReader.DEFAULT_KEEP)) {
                try (GroupReader reader = new GroupReader(log, topic, keep)) {
                    reader.read(List.of(there));
                    assertThatThrownBy(() -> reader.read(List.of(other)))
                            .as("keeping %d", keep)
                            .isInstanceOf(LogException.class)
                            .hasMessageContaining("has group " + there.getGroupId())
                            .hasMessageContaining("but the ledger names another")
                            .hasMessageContaining("another cluster");
                }
            }
        }
    }
}
