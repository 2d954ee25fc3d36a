package io.counterflow.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {

    record Outer(
            @JsonPropertyDescription("Something nested.") Inner inner,

            @JsonPropertyDescription("Settings that are passed on.")
            Map<String, String> client,

            @JsonPropertyDescription("Without a default.") Inner absent) {
        Outer {
            inner = inner == null ? new Inner(null, null, null) : inner;
            client = client == null ? Map.of() : client;
        }
    }

    record Inner(
            @JsonPropertyDescription("How many steps to take.")
            Integer stepCount,

            @JsonPropertyDescription("How long to wait.") Duration waitAtMost,
            @JsonPropertyDescription("Any text.") String text) {
        Inner {
            stepCount = stepCount == null ? 10 : stepCount;
            waitAtMost = waitAtMost == null ? Duration.ofSeconds(30) : waitAtMost;
            text = text == null ? "" : text;
            if (stepCount < 1) {
                throw new IllegalArgumentException("stepCount is " + stepCount + "; it must be at least 1");
            }
        }
    }

    @Test
    void whatTheFileDoesNotSayIsTheDefault() {
        Outer outer = ConfigFile.parse("f.yaml", "inner:\n  stepCount: 3\n").bind(Outer.class);
        assertThat(outer.inner()).isEqualTo(new Inner(3, Duration.ofSeconds(30), ""));
        assertThat(ConfigFile.parse("f.yaml", "# nothing\n").bind(Outer.class)).isEqualTo(new Outer(null, null, null));
    }

    @Test
    void everyUnknownKeyIsNamedWithItsLineAndTheKeyItResembles() {
        ConfigFile file = ConfigFile.parse("f.yaml", "inner:\n  stepCuont: 3\n  colour: red\nclient: {}\n");
        assertThatThrownBy(() -> file.bind(Outer.class))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("f.yaml:2: unknown key 'inner.stepCuont'; did you mean 'stepCount'?")
                .hasMessageContaining("f.yaml:3: unknown key 'inner.colour'; known here: stepCount, text, waitAtMost");
    }

    @Test
    void aRefusedValueSaysWhereAndWhatWouldBeRight() {
        ConfigFile file = ConfigFile.parse("f.yaml", "client: {}\ninner:\n  stepCount: 0\n");
        assertThatThrownBy(() -> file.bind(Outer.class))
                .isInstanceOf(ConfigException.class)
                .hasMessage("f.yaml:2: inner: stepCount is 0; it must be at least 1");
    }

    @Test
    void aValueOfTheWrongKindSaysWhere() {
        assertThatThrownBy(() -> ConfigFile.parse("f.yaml", "inner:\n  waitAtMost: soon\n")
                        .bind(Outer.class))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("f.yaml:2: inner.waitAtMost: ")
                .hasMessageContaining("250ms");
        assertThatThrownBy(() -> ConfigFile.parse("f.yaml", "inner:\n  stepCount: many\n")
                        .bind(Outer.class))
                .hasMessage("f.yaml:2: inner.stepCount: 'many' is not a whole number");
        assertThatThrownBy(() -> ConfigFile.parse("f.yaml", "inner: 3\n").bind(Outer.class))
                .hasMessage("f.yaml:1: inner: must be keys with values, like 'key: value'");
        assertThatThrownBy(() ->
                        ConfigFile.parse("f.yaml", "inner:\n  text: [a]\n").bind(Outer.class))
                .hasMessage("f.yaml:2: inner.text: must be a text");
    }

    @Test
    void brokenYamlAndRepeatedKeysAreErrorsWithALine() {
        assertThatThrownBy(() -> ConfigFile.parse("f.yaml", "inner: [1,\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("f.yaml:");
        assertThatThrownBy(() -> ConfigFile.parse("f.yaml", "inner: {}\ninner: {}\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("f.yaml:2")
                .hasMessageContaining("inner");
        assertThatThrownBy(() -> ConfigFile.read(Path.of("no-such-file.yaml")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void aSettingOfTheCommandLineWinsOverTheFile() {
        Outer outer = ConfigFile.parse("f.yaml", "inner:\n  stepCount: 3\n")
                .with("inner.stepCount=7")
                .with("inner.waitAtMost=2m")
                .bind(Outer.class);
        assertThat(outer.inner()).isEqualTo(new Inner(7, Duration.ofMinutes(2), ""));
        assertThatThrownBy(() -> ConfigFile.empty().with("inner"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("key.key=value");
        assertThatThrownBy(() -> ConfigFile.empty().with("innr.stepCount=1").bind(Outer.class))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("did you mean 'inner'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "yes", "a: b", "# no comment", "3", "--- x", "two\nlines", " padded "})
    void whatIsPrintedIsDocumentedAndReadsBackAsTheSame(String text) {
        Outer outer = new Outer(new Inner(5, Duration.ofMillis(250), text), Map.of("acks", "all"), null);
        String printed = new ConfigPrinter().print(outer);
        assertThat(printed)
                .contains("# How many steps to take.\n  stepCount: 5\n")
                .contains("waitAtMost: 250ms");
        assertThat(ConfigFile.parse("printed", printed).bind(Outer.class)).isEqualTo(outer);
    }

    @Test
    void secretsAreNotPrinted() {
        String printed = new ConfigPrinter()
                .print(new Outer(null, Map.of("sasl.jaas.config", "hush", "ssl.key.password", "hush"), null));
        assertThat(printed).doesNotContain("hush").contains("sasl.jaas.config: '***'");
    }
}
