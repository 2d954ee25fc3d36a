package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.config.OptionSetting;
import io.counterflow.trainer.batch.SourceConfig;
import io.counterflow.trainer.batch.SourceMode;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SourceOptionsTest {

    @Test
    void withoutOptionsTheConfigurationStands() {
        assertThat(parsed().settings()).isEmpty();
    }

    @Test
    void pastRunsAreLearnedFromOffline() {
        SourceConfig source = source("--run", "a-1", "--run", "b.2", "--epochs", "3");

        assertThat(source.mode()).isEqualTo(SourceMode.OFFLINE);
        assertThat(source.runs()).containsExactly("a-1", "b.2");
        assertThat(source.epochs()).isEqualTo(3);
    }

    @Test
    void rescoredGroupsAreLearnedFromInTheirTopic() {
        assertThat(source("--run", "a", "--topic", "scored-groups.short").topic())
                .isEqualTo("scored-groups.short");
        assertThat(source("--run", "a").topic()).isEqualTo("scored-groups");
    }

    @Test
    void offsetsAndTimesCutOutAPartOfTheLog() {
        SourceConfig source = source(
                "--offsets", "0:0-1500,1:20-", "--from", "2026-11-21T08:00:00Z", "--until", "2026-11-22T08:00:00Z");

        assertThat(source.mode()).isEqualTo(SourceMode.OFFLINE);
        assertThat(source.offsets()).containsExactly("0:0-1500", "1:20-");
        assertThat(source.from()).isEqualTo("2026-11-21T08:00:00Z");
        assertThat(source.until()).isEqualTo("2026-11-22T08:00:00Z");
    }

    @Test
    void followGoesOnWithWhateverArrives() {
        SourceConfig source = source("--follow", "--run", "a", "--max-staleness", "64");

        assertThat(source.mode()).isEqualTo(SourceMode.FOLLOW);
        assertThat(source.runs()).containsExactly("a");
        assertThat(source.maxStaleness()).isEqualTo(64);
    }

    @Test
    void anEndContradictsFollowing() {
        assertThatThrownBy(() -> source("--follow", "--until", "2026-11-22T08:00:00Z"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("follow has no end");
    }

    @Test
    void aRangeThatCannotBeReadIsNamed() {
        assertThatThrownBy(() -> source("--offsets", "7"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("range '7' is not of the form partition:from-until");
    }

    private static SourceOptions parsed(String... arguments) {
        SourceOptions options = new SourceOptions();
        new CommandLine(CommandLine.Model.CommandSpec.create()
                        .addMixin("source", CommandLine.Model.CommandSpec.forAnnotatedObject(options)))
                .parseArgs(arguments);
        return options;
    }

    private static SourceConfig source(String... arguments) {
        ConfigFile file = ConfigFile.empty().with("trainer.model=somewhere");
        for (OptionSetting setting : parsed(arguments).settings()) {
            file = file.with(setting);
        }
        return RunConfig.of(file).trainer().source();
    }
}
