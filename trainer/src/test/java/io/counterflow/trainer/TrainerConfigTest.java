package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.batch.SourceMode;
import io.counterflow.trainer.checkpoint.CheckpointConfig;
import java.nio.file.Path;
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

    @Test
    void whatABuilderIsNotToldIsWhatAFileWithoutTheKeyGives() throws JsonProcessingException {
        TrainerConfig ofFile =
                new ObjectMapper().readValue("{\"runId\": \"run\", \"model\": \"model\"}", TrainerConfig.class);

        assertThat(TrainerConfig.of("run", Path.of("model")).build()).isEqualTo(ofFile);
    }

    private static TrainerConfig config(
            SourceMode mode, Integer maxStaleness, Integer checkpointEvery, Integer evaluateEvery) {
        TrainerConfigBuilder settings = TrainerConfig.of("run", Path.of("model"))
                .source(new SourceConfig(mode, null, null, null, null, null, null, null, maxStaleness, null, null))
                .checkpoint(new CheckpointConfig(checkpointEvery, null, null));
        return (evaluateEvery == null ? settings : settings.evaluateEvery(evaluateEvery)).build();
    }
}
