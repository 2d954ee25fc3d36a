package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.DataDirectoryInUseException;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.log.LogConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogAccessTest {

    private static final LogConfig NOWHERE = new LogConfig(null, null, null, null, null, null);

    @TempDir
    Path directory;

    @Test
    void aCommandThatLooksOnSharesTheBrokerOfTheProcessThatRunsOnTheDataDirectory() {
        RunFolders folders = new RunFolders(directory);
        try (LogAccess running = LogAccess.open(NOWHERE, folders)) {
            assertThat(running.isEmbedded()).isTrue();
            try (LogAccess beside = LogAccess.openBeside(NOWHERE, folders)) {
                assertThat(beside.isEmbedded()).isFalse();
                assertThat(beside.log().config().bootstrapServers())
                        .isEqualTo(running.log().config().bootstrapServers());
                beside.log().createTopics();
            }
            assertThatThrownBy(() -> LogAccess.open(NOWHERE, folders))
                    .isInstanceOf(DataDirectoryInUseException.class)
                    .hasMessageContaining("is in use by another process");
        }
        try (LogAccess alone = LogAccess.openBeside(NOWHERE, folders)) {
            assertThat(alone.isEmbedded()).isTrue();
        }
    }
}
