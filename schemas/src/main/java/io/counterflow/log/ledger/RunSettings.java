package io.counterflow.log.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.BrokenLineException;
import io.counterflow.log.lines.StrictJson;
import io.counterflow.schemas.RunStarted;

/**
 * Those of a run's settings that others than its trainer go by, as its first ledger entry has them. The entry has every setting, those that were left to
 * their defaults too; where one of these is not there, or is something else, the settings are refused and nothing is put in its place.
 *
 * @param objective name of the loss
 * @param beta weight of the KL divergence to the reference policy, in units of the reward
 * @param rewardScale what rewards are multiplied by before the loss
 * @param groupsInStep groups that a step takes, at least 1
 * @param seed of the order of groups and of everything else that is random
 */
public record RunSettings(String objective, double beta, double rewardScale, int groupsInStep, long seed) {

    /**
     * Of a run's first entry.
     *
     * @throws LedgerException naming the setting that cannot be read
     */
    public static RunSettings of(String runId, RunStarted started) {
        return parse(runId, started.getConfiguration());
    }

    /**
     * Of {@link RunStarted#getConfiguration()}.
     *
     * @param runId for what is said
     * @throws LedgerException naming the setting that cannot be read
     */
    public static RunSettings parse(String runId, String configuration) {
        ObjectNode settings;
        try {
            settings = StrictJson.object(configuration);
        } catch (BrokenLineException e) {
            throw refused(runId, e.getMessage(), e);
        }
        return new RunSettings(
                text(runId, settings, "objective", "name"),
                number(runId, settings, "objective", "beta").doubleValue(),
                number(runId, settings, "objective", "rewardScale").doubleValue(),
                groups(runId, settings),
                whole(runId, settings, "seed").longValue());
    }

    private static int groups(String runId, ObjectNode settings) {
        JsonNode groups = whole(runId, settings, "batch", "groups");
        if (!groups.canConvertToInt() || groups.intValue() < 1) {
            throw refused(runId, "batch.groups is " + groups + ", must be at least 1");
        }
        return groups.intValue();
    }

    private static String text(String runId, ObjectNode settings, String... path) {
        JsonNode value = at(runId, settings, path);
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw refused(runId, String.join(".", path) + " is " + value + ", must be a name");
        }
        return value.textValue();
    }

    private static JsonNode number(String runId, ObjectNode settings, String... path) {
        JsonNode value = at(runId, settings, path);
        if (!value.isNumber()) {
            throw refused(runId, String.join(".", path) + " is " + value + ", must be a number");
        }
        return value;
    }

    private static JsonNode whole(String runId, ObjectNode settings, String... path) {
        JsonNode value = at(runId, settings, path);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw refused(runId, String.join(".", path) + " is " + value + ", must be a whole number");
        }
        return value;
    }

    private static JsonNode at(String runId, ObjectNode settings, String... path) {
        JsonNode value = settings;
        for (String key : path) {
            value = value.path(key);
        }
        if (value.isMissingNode()) {
            throw refused(runId, String.join(".", path) + " is missing");
        }
        return value;
    }

    private static LedgerException refused(String runId, String why) {
        return refused(runId, why, null);
    }

    private static LedgerException refused(String runId, String why, Throwable cause) {
        return new LedgerException(
                "the settings of run " + runId + " in the ledger cannot be read: " + why
                        + ". They are damaged, or of a version that this one does not know",
                cause);
    }
}
