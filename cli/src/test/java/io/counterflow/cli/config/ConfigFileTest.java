package io.counterflow.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
                .hasMessage("f.yaml:3: inner: stepCount is 0; it must be at least 1");
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
    void allFaultsAreListedAtOnceEachAtItsPlace() {
        ConfigFile file = ConfigFile.parse(
                "f.yaml", "innr: {}\ninner:\n  stepCount: 0\n  waitAtMost: soon\n  txt: a\nabsent:\n  stepCount: -1\n");
        assertThatThrownBy(() -> file.bind(Outer.class))
                .hasMessage(String.join(
                        System.lineSeparator(),
                        "f.yaml:1: unknown key 'innr'; did you mean 'inner'?",
                        "f.yaml:4: inner.waitAtMost: 'soon' is not a duration; write it like 250ms, 30s, 5m, 2h or 7d",
                        "f.yaml:5: unknown key 'inner.txt'; did you mean 'text'?",
                        "f.yaml:3: inner: stepCount is 0; it must be at least 1",
                        "f.yaml:7: absent: stepCount is -1; it must be at least 1"));
    }

    @Test
    void aMisspeltKeyIsNotReportedAsAMissingOneToo() {
        assertThatThrownBy(() -> ConfigFile.parse("f.yaml", "nmae: a\n").bind(Named.class))
                .hasMessage("f.yaml:1: unknown key 'nmae'; did you mean 'name'?");
        assertThatThrownBy(() -> ConfigFile.parse("f.yaml", "{}").bind(Named.class))
                .hasMessage("f.yaml: name is not set");
    }

    record Named(String name, Integer size) {
        Named {
            if (name == null) {
                throw new IllegalArgumentException("name is not set");
            }
        }
    }

    @Test
    void aFaultOfASettingSaysSoAndNotALineOfTheFile() {
        ConfigFile file = ConfigFile.parse("f.yaml", "inner:\n  stepCount: 3\n");
        assertThatThrownBy(() -> file.set("inner.stepCuont=4").bind(Outer.class))
                .hasMessage("--set inner.stepCuont=4: unknown key 'inner.stepCuont'; did you mean 'stepCount'?");
        assertThatThrownBy(() -> file.set("inner.stepCount=0").bind(Outer.class))
                .hasMessage("--set inner.stepCount=0: inner: stepCount is 0; it must be at least 1");
        assertThatThrownBy(() -> file.set("absent={waitAtMost: soon}").bind(Outer.class))
                .hasMessageStartingWith("--set absent={waitAtMost: soon}: absent.waitAtMost: 'soon'");
        assertThatThrownBy(() -> file.set("inner..stepCount=4"))
                .hasMessageStartingWith("--set inner..stepCount=4: a key is empty");
        assertThatThrownBy(() -> file.set(".inner=4")).hasMessageStartingWith("--set .inner=4: a key is empty");
        assertThatThrownBy(() -> file.set("=4")).hasMessageStartingWith("--set =4: write it as key.key=value");
        assertThatThrownBy(() -> file.set("inner.stepCount")).hasMessageStartingWith("--set inner.stepCount: write it");
        assertThatThrownBy(() -> file.set("inner.stepCount="))
                .hasMessageStartingWith("--set inner.stepCount=: there is no value");
        assertThatThrownBy(() -> file.set("inner.stepCount.x=4"))
                .hasMessage("--set inner.stepCount.x=4: 'inner.stepCount' holds a value, not keys");
        assertThatThrownBy(() -> file.set("inner=[1"))
                .hasMessageStartingWith("--set inner=[1: the value is not valid YAML");
        assertThatThrownBy(() -> file.set("client={a: 1, a: 2}"))
                .hasMessageStartingWith("--set client={a: 1, a: 2}: the value is not valid YAML: duplicate key 'a'");
    }

    @Test
    void whatASettingBreaksElsewhereInTheFileIsTheSettingsFault() {
        ConfigFile file = ConfigFile.parse("f.yaml", "least: 2\nmost: 5\nnames: [a, b]\n");
        assertThat(file.bind(Span.class)).isEqualTo(new Span(2, 5, List.of("a", "b")));
        assertThatThrownBy(() -> file.set("least=9").bind(Span.class))
                .hasMessage("--set least=9: least 9 is above most 5");
        // The constructor names least first; without most=1 it would have nothing to say.
        assertThatThrownBy(() -> file.set("names=[c]").set("most=1").bind(Span.class))
                .hasMessage("--set most=1: least 2 is above most 1");
        assertThatThrownBy(() -> file.set("names.1=a").bind(Span.class))
                .hasMessage("--set names.1=a: something is there twice");
        assertThatThrownBy(
                        () -> file.with(new OptionSetting("--most 1", "most=1")).bind(Span.class))
                .hasMessage("--most 1: least 2 is above most 1");
        ConfigFile broken = ConfigFile.parse("f.yaml", "names:\n- a\n- b\n- a\nleast: 9\nmost: 5\n");
        assertThatThrownBy(() -> broken.set("names=[a]").bind(Span.class))
                .as("a setting that has nothing to do with it")
                .hasMessage("f.yaml:5: least 9 is above most 5");
        assertThatThrownBy(() -> broken.set("least=1").bind(Span.class))
                .as("the line of the entry that is too many")
                .hasMessage("f.yaml:4: something is there twice");
    }

    record Span(Integer least, Integer most, List<String> names) {
        Span {
            least = Objects.requireNonNullElse(least, 0);
            most = Objects.requireNonNullElse(most, 100);
            if (least > most) {
                throw new IllegalArgumentException("least " + least + " is above most " + most);
            }
            names = names == null ? List.of() : List.copyOf(names);
            if (Set.copyOf(names).size() < names.size()) {
                throw new IllegalArgumentException("something is there twice");
            }
        }
    }

    @Test
    void aDefaultDoesNotCoverUpAValueThatStandsWhereKeysBelong() {
        ConfigFile file = ConfigFile.parse("f.yaml", "{}").set("inner=3").withDefault("inner.stepCount", "4");
        assertThatThrownBy(() -> file.bind(Outer.class))
                .hasMessage("--set inner=3: inner: must be keys with values, like 'key: value'");
    }

    record Listed(List<Inner> entries, Map<String, String> client) {}

    @Test
    void aSettingReachesIntoListsAndToKeysWithDots() {
        ConfigFile file = ConfigFile.parse("f.yaml", "entries:\n- stepCount: 3\n- stepCount: 4\n");
        Listed listed = file.set("entries.1.stepCount=7")
                .set("client.'ssl.key'=a=b")
                .set("client.\"x.y\"=''")
                .bind(Listed.class);
        assertThat(listed.entries()).extracting(Inner::stepCount).containsExactly(3, 7);
        assertThat(listed.client()).isEqualTo(Map.of("ssl.key", "a=b", "x.y", ""));
        assertThat(file.set("entries.0.stepCount=null").bind(Listed.class).entries())
                .extracting(Inner::stepCount)
                .containsExactly(10, 4);
        assertThatThrownBy(() -> file.set("entries.2.stepCount=7"))
                .hasMessageStartingWith(
                        "--set entries.2.stepCount=7: 'entries' is a list of 2 entries, counted from 0");
        assertThatThrownBy(() -> file.set("entries.1.stepCount=0").bind(Listed.class))
                .hasMessage("--set entries.1.stepCount=0: entries.1: stepCount is 0; it must be at least 1");
        assertThatThrownBy(() -> ConfigFile.parse("f.yaml", "entries:\n- {}\n- stepCount: 0\n")
                        .bind(Listed.class))
                .hasMessage("f.yaml:3: entries.1: stepCount is 0; it must be at least 1");
    }

    record Kinds(Integer whole, Long large, Double real, Boolean yes, String text, Duration time) {}

    /** What plain values mean by YAML 1.2's core schema (yaml.org/spec/1.2.2, 10.3.2), but that octal and hexadecimal numbers are none. */
    @Test
    void plainValuesAreWhatYamlSaysOrRefused() {
        assertThat(kinds("{whole: 1e3, large: 6.0e1, real: 1e-3, yes: True, text: no}"))
                .isEqualTo(new Kinds(1000, 60L, 1e-3, true, "no", null));
        assertThat(kinds("{whole: ~, text: 12, yes: FALSE, real: -.5, time: 2m}"))
                .isEqualTo(new Kinds(null, null, -.5, false, "12", Duration.ofMinutes(2)));
        assertThat(overlaid("base: &b {whole: 3, real: 2}\nover: {<<: *b, real: 4}\n"))
                .isEqualTo(new Kinds(3, null, 4.0, null, null, null));
        for (String wrong : List.of(
                "whole: 0o10",
                "whole: 010",
                "whole: 0x10",
                "whole: 1_000",
                "whole: 1.5",
                "whole: true",
                "whole: ''",
                "whole: .inf",
                "whole: 9e18",
                "large: 1e30",
                "real: ''",
                "real: many",
                "yes: no",
                "yes: 1",
                "text: 1.10",
                "text: true",
                "time: 9000000000000000000d",
                "time: 99999999999999999999s",
                "time: -PT5S",
                "time: 36501d")) {
            assertThat(catchThrowable(() -> kinds("{" + wrong + "}")))
                    .as(wrong)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageStartingWith("f.yaml:1: " + wrong.substring(0, wrong.indexOf(':')))
                    .hasMessageNotContainingAny("Exception", "deserialize", "java.");
        }
        for (String wrong :
                List.of("\twhole: 1", "a: {whole: 1}\n\tb: 2", "text: *nobody", "text: !x y", "a: 1\n---\na: 2")) {
            assertThat(catchThrowable(() -> kinds(wrong)))
                    .as(wrong)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageMatching("f\\.yaml:\\d: not valid YAML: [^\n]+");
        }
    }

    private static Kinds kinds(String yaml) {
        return ConfigFile.parse("f.yaml", yaml).bind(Kinds.class);
    }

    private static Kinds overlaid(String yaml) {
        record Two(Kinds base, Kinds over) {}
        return ConfigFile.parse("f.yaml", yaml).bind(Two.class).over();
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
