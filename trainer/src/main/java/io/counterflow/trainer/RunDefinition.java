package io.counterflow.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.files.Sha256;
import io.counterflow.model.ComputeEnvironment;
import io.counterflow.schemas.RunStarted;
import io.counterflow.trainer.batch.SourceRange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a run is, as its first ledger entry has it: all that a continuation or a replay needs besides the groups.
 *
 * @param config the run's settings
 * @param ranges the part of the log that the source meant when the run began
 * @param totalSteps steps that the run will make; {@link Long#MAX_VALUE} where that is open
 * @param initialWeightsSha256 SHA-256 of the weights that it starts from
 */
public record RunDefinition(
        TrainerConfig config, List<SourceRange> ranges, long totalSteps, String initialWeightsSha256) {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** Says where and how a run is done, not what it is: may differ between a run and its continuation or replay. */
    private static final List<String> CIRCUMSTANCES = List.of("runId", "directory", "takeOver", "model");

    /** May be changed when a run is continued: its past does not depend on them. */
    private static final List<String> CHANGEABLE = List.of("checkpoint", "evaluateEvery", "abort");

    public RunDefinition {
        Objects.requireNonNull(config, "config");
        ranges = List.copyOf(ranges);
        Objects.requireNonNull(initialWeightsSha256, "initialWeightsSha256");
    }

    /** The settings as canonical JSON: keys sorted, no spaces, circumstances left out. */
    public String configuration() {
        ObjectNode tree = JSON.valueToTree(config);
        tree.remove(CIRCUMSTANCES);
        ObjectNode source = (ObjectNode) tree.get("source");
        source.set(
                "resolved",
                JSON.valueToTree(ranges.stream().map(SourceRange::toString).toList()));
        tree.put("totalSteps", totalSteps);
        return canonical(tree);
    }

    /** SHA-256 of {@link #configuration()}. */
    public String configurationSha256() {
        return Sha256.of(configuration());
    }

    /** As the run's first ledger entry. */
    public RunStarted toLedger(
            String sourceTopic, String softwareVersion, ComputeEnvironment environment, Instant now) {
        return RunStarted.newBuilder()
                .setSourceTopic(sourceTopic)
                .setConfiguration(configuration())
                .setConfigurationSha256(configurationSha256())
                .setInitialCheckpoint(config.model())
                .setInitialWeightsSha256(initialWeightsSha256)
                .setSoftwareVersion(softwareVersion)
                .setEnvironment(environment.values())
                .setStartedAt(now)
                .build();
    }

    /**
     * Of a run's first ledger entry.
     *
     * @param circumstances run id, folder, model and take-over as they are now; nothing else of it is used
     * @throws IllegalArgumentException where the entry is damaged, or of a version that this one cannot read
     */
    public static RunDefinition of(RunStarted started, TrainerConfig circumstances) {
        if (!Sha256.of(started.getConfiguration()).equals(started.getConfigurationSha256())) {
            throw new IllegalArgumentException(
                    "the configuration in the ledger has another SHA-256 than stands beside it");
        }
        try {
            if (!(JSON.readTree(started.getConfiguration()) instanceof ObjectNode tree)
                    || !(tree.get("source") instanceof ObjectNode source)
                    || !(source.remove("resolved") instanceof ArrayNode resolved)) {
                throw new IllegalArgumentException(
                        "the configuration in the ledger has no source.resolved, the ranges that the run began with");
            }
            JsonNode totalSteps = tree.remove("totalSteps");
            if (totalSteps == null || !totalSteps.isIntegralNumber() || !totalSteps.canConvertToLong()) {
                throw new IllegalArgumentException("the configuration in the ledger has no totalSteps");
            }
            List<SourceRange> ranges = new ArrayList<>();
            resolved.forEach(range -> ranges.add(SourceRange.parse(range.asText())));
            JsonNode now = JSON.valueToTree(circumstances);
            for (String name : CIRCUMSTANCES) {
                tree.set(name, now.get(name));
            }
            return new RunDefinition(
                    JSON.treeToValue(tree, TrainerConfig.class),
                    ranges,
                    totalSteps.asLong(),
                    started.getInitialWeightsSha256());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "the configuration in the ledger was written by version " + started.getSoftwareVersion()
                            + " and cannot be read by this one: " + e.getOriginalMessage(),
                    e);
        }
    }

    /**
     * This run with the settings that may change from one start to the next.
     *
     * @throws IllegalArgumentException naming a setting that differs and must not
     */
    public RunDefinition continuedWith(TrainerConfig now) {
        ObjectNode before = JSON.valueToTree(config);
        ObjectNode after = JSON.valueToTree(now);
        for (ObjectNode tree : List.of(before, after)) {
            tree.remove(CIRCUMSTANCES);
            tree.remove(CHANGEABLE);
        }
        List<String> differences = new ArrayList<>();
        compare("trainer", before, after, differences);
        if (!differences.isEmpty()) {
            throw new IllegalArgumentException("run " + now.runId() + " was started with other settings: "
                    + String.join(", ", differences) + ". Set them back, or choose another trainer.runId");
        }
        return new RunDefinition(now, ranges, totalSteps, initialWeightsSha256);
    }

    private static void compare(String path, JsonNode before, JsonNode after, List<String> differences) {
        if (before.isObject() && after.isObject()) {
            Set<String> names = new LinkedHashSet<>();
            before.fieldNames().forEachRemaining(names::add);
            after.fieldNames().forEachRemaining(names::add);
            for (String name : names) {
                compare(path + "." + name, before.path(name), after.path(name), differences);
            }
        } else if (!before.equals(after)) {
            differences.add(path + " was " + shown(before) + " and is " + shown(after));
        }
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() ? "not set" : value.toString();
    }

    private static String canonical(JsonNode tree) {
        try {
            return JSON.writeValueAsString(JSON.treeToValue(tree, Object.class));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("settings cannot be written as JSON", e);
        }
    }
}
