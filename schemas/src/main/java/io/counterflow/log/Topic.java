package io.counterflow.log;

import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Prompt;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.TrainingStep;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/**
 * The topics of the log. All but {@link #POLICIES} are kept for ever and never compacted: their key is a prompt or a
 * run, and compaction would keep one record of each.
 */
public enum Topic {
    /** Prompts, by prompt id. */
    PROMPTS("prompts", Prompt.class, false, Partitions.CONFIGURED),
    /** Sampled completions, by prompt id. */
    COMPLETIONS("completions", Completion.class, false, Partitions.CONFIGURED),
    /** What scorers say of completions, by prompt id. */
    SCORES("scores", Score.class, false, Partitions.CONFIGURED),
    /** Groups of scored completions, by prompt id. */
    SCORED_GROUPS("scored-groups", ScoredGroup.class, false, Partitions.CONFIGURED),
    /** The ledger of every run, by run id. */
    TRAINING_STEPS("training-steps", TrainingStep.class, false, Partitions.ONE),
    /** Which checkpoint of a run is current, by run id. */
    POLICIES("policies", PolicyVersion.class, true, Partitions.ONE),
    /** Records that could not be processed, keyed as the original. */
    DEAD_LETTERS("dead-letters", DeadLetter.class, false, Partitions.ONE);

    private enum Partitions {
        ONE,
        CONFIGURED
    }

    private final String topicName;
    private final Class<? extends SpecificRecord> recordType;
    private final boolean compacted;
    private final Partitions partitions;

    Topic(String topicName, Class<? extends SpecificRecord> recordType, boolean compacted, Partitions partitions) {
        this.topicName = topicName;
        this.recordType = recordType;
        this.compacted = compacted;
        this.partitions = partitions;
    }

    /** Its name without the configured prefix; see {@link Log#topicName}. */
    public String topicName() {
        return topicName;
    }

    /** The record that its values are. */
    public Class<? extends SpecificRecord> recordType() {
        return recordType;
    }

    /** Whether only the newest record of a key is kept. */
    public boolean compacted() {
        return compacted;
    }

    /** Whether it has one partition only, so that all of it is in one order. */
    public boolean singlePartition() {
        return partitions == Partitions.ONE;
    }

    /** Topic settings it is created with. */
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        if (compacted) {
            settings.put("cleanup.policy", "compact");
            // A producer that is a day late still finds every version that asks for an evaluation.
            settings.put("min.compaction.lag.ms", "86400000");
        } else {
            settings.put("cleanup.policy", "delete");
            settings.put("retention.ms", "-1");
            settings.put("retention.bytes", "-1");
        }
        // A group of many long completions, and a dead letter around it, are larger than the default of 1 MiB.
        settings.put("max.message.bytes", String.valueOf(Log.MAX_RECORD_BYTES));
        return settings;
    }

    /**
     * Checks the name of a topic of groups, without the log's prefix.
     *
     * @param key the setting that has it, for what is said
     * @throws IllegalArgumentException where Kafka has no such names, or the topic is for other records
     */
    public static String groups(String key, String name) {
        if (!name.matches("[A-Za-z0-9._-]{1,149}") || name.matches("\\.{1,2}")) {
            throw new IllegalArgumentException(
                    key + " is '" + name + "'; it may have up to 149 letters, digits, dots, dashes and underscores");
        }
        for (Topic other : values()) {
            if (other != SCORED_GROUPS && other.topicName.equals(name)) {
                throw new IllegalArgumentException(key + " is " + name
                        + ", which holds other records; groups stand in scored-groups or a topic of their own");
            }
        }
        return name;
    }
}
