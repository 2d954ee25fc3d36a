package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.counterflow.files.Sha256;
import io.counterflow.log.ledger.RunSettings;
import io.counterflow.schemas.RunStarted;
import io.counterflow.trainer.objective.ObjectiveName;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunDefinitionTest {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .build();

    /** Where and how a run is done, and what happens beside its steps: the past does not depend on it. */
    private static final List<String> FREE =
            List.of("runId", "model", "directory", "takeOver", "checkpoint", "evaluateEvery", "abort");

    /** Another value of every setting. */
    private static final Map<String, String> OTHER = Map.ofEntries(
            Map.entry("runId", "\"other\""),
            Map.entry("model", "\"other\""),
            Map.entry("reference", "\"other\""),
            Map.entry("lora", "{\"rank\": 4}"),
            Map.entry("directory", "\"other\""),
            Map.entry("objective", "{\"beta\": 0.7}"),
            Map.entry("optimizer", "{\"learningRate\": 0.0123}"),
            Map.entry("batch", "{\"groups\": 3}"),
            Map.entry("compute", "{\"workers\": 2}"),
            Map.entry("steps", "77"),
            Map.entry("source", "{\"maxStaleness\": 9}"),
            Map.entry("checkpoint", "{\"every\": 7}"),
            Map.entry("evaluateEvery", "5"),
            Map.entry("abort", "{\"maxKl\": 3}"),
            Map.entry("seed", "12"),
            Map.entry("takeOver", "true"));

    private static Stream<String> settings() {
        return Stream.of(TrainerConfig.class.getRecordComponents()).map(RecordComponent::getName);
    }

    private static RunDefinition run() throws JsonProcessingException {
        return new RunDefinition(config("{}"), List.of(), 10, "00");
    }

    private static TrainerConfig config(String json) throws JsonProcessingException {
        return JSON.readValue(json, TrainerConfig.class);
    }

    @Test
    void everySettingIsTried() {
        assertThat(OTHER.keySet()).isEqualTo(settings().collect(Collectors.toCollection(TreeSet::new)));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void aRunGoesOnWithAnotherSettingOnlyWhereItsPastDoesNotDependOnIt(String name) throws JsonProcessingException {
        TrainerConfig now = config("{\"" + name + "\": " + OTHER.get(name) + "}");
        assertThat(now).as("the setting is another").isNotEqualTo(config("{}"));
        if (FREE.contains(name)) {
            assertThat(run().continuedWith(now).config()).isEqualTo(now);
        } else {
            assertThatThrownBy(() -> run().continuedWith(now))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("was started with other settings: trainer." + name);
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void changingOneSettingKeepsTheOthers(String name) throws JsonProcessingException {
        TrainerConfig config = config("{\"" + name + "\": " + OTHER.get(name) + "}");

        assertThat(config.toBuilder().build()).isEqualTo(config);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{\"totalSteps\":10}",
                "{\"source\":{},\"totalSteps\":10}",
                "{\"source\":{\"resolved\":[]}}",
                "{\"source\":{\"resolved\":[]},\"totalSteps\":\"10\"}"
            })
    void anEntryWithoutWhatTheRunBeganWithIsRefusedAndNothingStandsInForIt(String configuration) {
        RunStarted entry = RunStarted.newBuilder()
                .setSourceTopic("scored-groups")
                .setConfiguration(configuration)
                .setConfigurationSha256(Sha256.of(configuration))
                .setInitialCheckpoint("model")
                .setInitialWeightsSha256("00")
                .setSoftwareVersion("1")
                .setStartedAt(Instant.EPOCH)
                .build();

        assertThatThrownBy(() -> RunDefinition.of(entry, config("{}")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the configuration in the ledger has no ");
    }

    @ParameterizedTest
    @EnumSource(ObjectiveName.class)
    void othersReadFromTheLedgerWhatTheRunIsSetTo(ObjectiveName objective) throws JsonProcessingException {
        TrainerConfig config = config("{\"objective\": {\"name\": \"" + objective.configName()
                + "\", \"beta\": 1e-5, \"rewardScale\": 3}, \"batch\": {\"groups\": 5},"
                + " \"seed\": -9223372036854775808}");
        RunDefinition run = new RunDefinition(config, List.of(), 10, "00");

        assertThat(RunSettings.parse("r", run.configuration()))
                .isEqualTo(new RunSettings(objective.configName(), 1e-5, 3, 5, Long.MIN_VALUE));
        assertThat(RunSettings.parse("r", run().configuration()))
                .as("what was left to its default stands there, too")
                .isEqualTo(new RunSettings("copg", 0.1, 1, 64, 0));
    }
}
