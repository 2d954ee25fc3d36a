package io.counterflow.cli.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.counterflow.cli.config.Binding;
import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScorerFactory;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every numeric key that there is, found by reflection, refuses what is out of reason. */
class NumericKeysTest {

    private static final List<String> OUT_OF_REASON = List.of("9e18", "-9e18", ".nan", ".inf", "-.inf", "1e300");

    /** Any whole number will do for a seed. */
    private static final Set<String> SEEDS = Set.of("producer.seed", "trainer.seed");

    /** What must be there beside a key for the rest of its record to be right. */
    private static final Map<String, String> BESIDE = Map.of(
            "producer", "runId: r, task: t",
            "producer.openAi", "url: 'http://a/v1', model: m, tokenizer: t",
            "scoring.scorers.0", "kind: length",
            "assembler.recipe.scorers.0", "scorer: length",
            "prompts.0", "file: f");

    private record Key(String path, Class<?> type) {}

    private static List<Key> keys(Class<?> type, String path) {
        List<Key> keys = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            String at = path.isEmpty() ? component.getName() : path + "." + component.getName();
            Class<?> raw = component.getType();
            if (Number.class.isAssignableFrom(raw) || raw.isPrimitive() && raw != boolean.class) {
                keys.add(new Key(at, raw));
            } else if (raw.isRecord()) {
                keys.addAll(keys(raw, at));
            } else if (List.class.isAssignableFrom(raw)) {
                Type entry = ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0];
                if (entry instanceof Class<?> c && c.isRecord()) {
                    keys.addAll(keys(c, at + ".0"));
                } else if (entry instanceof Class<?> c && Number.class.isAssignableFrom(c)) {
                    keys.add(new Key(at + ".[]", c));
                }
            }
        }
        return keys;
    }

    @Test
    void theKeysAreFound() {
        assertThat(keys(RunConfig.class, ""))
                .extracting(Key::path)
                .hasSizeGreaterThan(50)
                .contains(
                        "trainer.objective.beta",
                        "trainer.optimizer.epsilon",
                        "trainer.steps",
                        "producer.sampling.temperature",
                        "assembler.recipe.scorers.0.weight",
                        "scoring.scorers.0.calls.cacheSize",
                        "metrics.port");
    }

    @TestFactory
    Stream<DynamicTest> everyNumberOutOfReasonIsRefusedWithItsKey() {
        return keys(RunConfig.class, "").stream()
                .filter(key -> !SEEDS.contains(key.path()))
                .map(key -> DynamicTest.dynamicTest(key.path(), () -> refuses(key)));
    }

    private static void refuses(Key key) {
        for (String value : OUT_OF_REASON) {
            ConfigFile file = ConfigFile.empty().set(assignment(key.path(), value));
            List<Binding.Fault> faults = file.binding(RunConfig.class).faults();
            String[] keys = key.path().replace(".[]", "").split("\\.");
            assertThat(faults).as(key.path() + ": " + value).isNotEmpty();
            assertThat(faults)
                    .extracting(Binding.Fault::message)
                    .as(key.path() + ": " + value)
                    .anyMatch(m -> m.contains(keys[keys.length - 1]))
                    .allMatch(m -> !m.contains("\n"));
        }
    }

    /** The innermost record is written with what it needs beside the key. */
    private static String assignment(String path, String value) {
        String[] keys = path.split("\\.");
        StringBuilder yaml = new StringBuilder(value);
        for (int i = keys.length - 1; i >= 1; i--) {
            String owner = String.join(".", List.of(keys).subList(0, i));
            if (keys[i].equals("0")) {
                yaml.insert(0, "[").append("]");
            } else if (keys[i].equals("[]")) {
                yaml = new StringBuilder("[" + value + ", " + value + "]");
            } else {
                String beside = BESIDE.get(owner);
                yaml.insert(0, "{" + (beside == null ? "" : beside + ", ") + keys[i] + ": ")
                        .append("}");
            }
        }
        return keys[0] + "=" + yaml;
    }

    @TestFactory
    Stream<DynamicTest> everyScorersNumbersAreInReasonToo() {
        Map<String, String> beside = Map.of(
                "regex", "pattern: a, ",
                "reward-model", "model: m, ",
                "entailment", "model: m, ",
                "llm-judge", "url: 'http://a/v1', model: m, ");
        return ScorerCatalog.onClassPath().factories().stream()
                .filter(factory -> factory.getClass().getName().startsWith("io.counterflow.scorer.")
                        && factory.configuration().isRecord())
                .flatMap(factory -> keys(factory.configuration(), "").stream()
                        .map(key -> DynamicTest.dynamicTest(
                                factory.name() + " " + key.path(),
                                () -> refuses(factory, key, beside.getOrDefault(factory.name(), "")))));
    }

    private static void refuses(ScorerFactory<?> factory, Key key, String beside) {
        for (String value : OUT_OF_REASON) {
            ConfigFile file = ConfigFile.empty().set("settings={" + beside + key.path() + ": " + value + "}");
            assertThat(file.bindingAt("settings", factory.configuration()).faults())
                    .as(factory.name() + " " + key.path() + ": " + value)
                    .isNotEmpty();
        }
    }

    @Test
    void theFaultNamesKeyValueAndRange() {
        assertThat(catchThrowable(() ->
                        ConfigFile.empty().set("trainer.objective.beta=9e18").bind(RunConfig.class)))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "--set trainer.objective.beta=9e18: trainer.objective: objective.beta is 9.0E18; it must be at"
                                + " most 1000000.0");
        assertThat(catchThrowable(
                        () -> ConfigFile.empty().set("trainer.steps=9e18").bind(RunConfig.class)))
                .hasMessage(
                        "--set trainer.steps=9e18: trainer: trainer.steps is 9000000000000000000, must be at least 1 and"
                                + " at most 1000000000");
        assertThat(catchThrowable(() ->
                        ConfigFile.empty().set("trainer.batch.groups=9e18").bind(RunConfig.class)))
                .hasMessageContaining("batch.groups is 9000000000000000000, must be at least 1 and at most 1000000");
    }
}
