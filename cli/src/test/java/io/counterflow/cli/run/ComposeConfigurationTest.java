package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.config.ConfigFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ComposeConfigurationTest {

    @Test
    void theConfigurationOfDockerComposeIsUnderstoodAndOfOneRun() {
        RunConfig config = RunConfig.of(ConfigFile.read(Path.of("../compose/run.yaml")));
        assertThat(config.log().bootstrapServers()).isEqualTo("kafka:19092");
        assertThat(config.producer().runId()).isEqualTo(config.trainer().runId());
    }
}
