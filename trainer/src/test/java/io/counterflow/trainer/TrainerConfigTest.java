package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.batch.SourceMode;
import io.counterflow.trainer.checkpoint.CheckpointConfig;
import org.junit.jupiter.api.Test;

class TrainerConfigTest {

    @Test
    void aLimitOfStalenessThatNoSampleCouldKeepIsRefused() {
        assertThatThrownBy(() -> config(SourceMode.LIVE, 3, 10, null))
                .hasMessageContaining("source.maxStaleness is 3")
                .hasMessageContaining("published every 10 steps")
                .hasMessageContaining("checkpoint.every to at most 4")
                .hasMessageContaining("source.maxStaleness to at least 9");
        assertThat(config(SourceMode.LIVE, 9, 10, null).source().maxStaleness()).isEqualTo(9);
        assertThat(config(SourceMode.LIVE, 3, 10, 4).source().maxStaleness())
                .as("evaluated policies are published, too")
                .isEqualTo(3);
        assertThat(config(SourceMode.OFFLINE, 3, 10, null).source().maxStaleness())
                .isEqualTo(3);
    }

    @Test
    void aRunIdThatCouldNotNameAFolderIsRefused() {
        assertThatThrownBy(() -> config(SourceMode.LIVE, null, null, null).withRunId("../other"))
                .hasMessageContaining("'../other'")
                .hasMessageContaining("letters, digits, dots, dashes and underscores");
    }

    private static TrainerConfig config(
            SourceMode mode, Integer maxStaleness, Integer checkpointEvery, Integer evaluateEvery) {
        return new TrainerConfig(
                "run",
                "model",
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                new SourceConfig(mode, null, null, null, null, null, null, null, maxStaleness, null, null),
                new CheckpointConfig(checkpointEvery, null, null),
                evaluateEvery,
                null,
                null,
                null);
    }
}
