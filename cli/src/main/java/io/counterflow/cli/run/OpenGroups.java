package io.counterflow.cli.run;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.log.Log;
import io.counterflow.log.LogReader;
import io.counterflow.log.OffsetRange;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.recipe.Recipe;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * The groups of one purpose that were in the log when this was made and that a recipe has neither rewarded nor given up. Looks at the log only, so it sees
 * what was done before as well. One thread.
 */
final class OpenGroups implements AutoCloseable {

    private final Recipe recipe;
    private final String recipeSha256;
    private final Set<String> open = new HashSet<>();
    private final long all;
    private long givenUp;
    private final LogReader<ScoredGroup> groups;
    private final LogReader<DeadLetter> letters;
    private final Deserializer<ScoredGroup> deserializer;
    private final String groupsTopic;
    private final Map<Integer, Long> groupsRead = new HashMap<>();
    private final Map<Integer, Long> lettersRead = new HashMap<>();

    /**
     * @param runs whose groups count, by id; none stands for all
     * @param purpose what they were sampled for
     */
    OpenGroups(Log log, Recipe recipe, Collection<String> runs, Purpose purpose) {
        this.recipe = recipe;
        this.recipeSha256 = recipe.sha256();
        try (LogReader<Completion> completions = new LogReader<>(log, Topic.COMPLETIONS, Completion.class)) {
            completions.read(completions.everything(), r -> {
                Completion completion = r.value();
                if (completion.getPurpose() == purpose && (runs.isEmpty() || runs.contains(completion.getRunId()))) {
                    open.add(completion.getGroupId());
                }
            });
        }
        all = open.size();
        groups = new LogReader<>(log, Topic.SCORED_GROUPS, ScoredGroup.class);
        letters = new LogReader<>(log, Topic.DEAD_LETTERS, DeadLetter.class);
        deserializer = log.deserializer(ScoredGroup.class);
        groupsTopic = log.topicName(Topic.SCORED_GROUPS);
    }

    /**
     * How many are open now.
     *
     * @throws ConfigException where another recipe of the same name rewarded one of them: its assembler would not do so again
     */
    long left() {
        readOn(groups, groupsRead, r -> {
            ScoredGroup group = r.value();
            if (group.getRecipe().equals(recipe.name()) && open.contains(group.getGroupId())) {
                requireSame(group);
                open.remove(group.getGroupId());
            }
        });
        if (!open.isEmpty()) {
            readOn(letters, lettersRead, r -> {
                DeadLetter letter = r.value();
                if (letter.getComponent().equals("assembler/" + recipe.name()) && letter.getValue() != null) {
                    boolean counted = open.remove(deserializer
                            .deserialize(groupsTopic, bytes(letter.getValue()))
                            .getGroupId());
                    givenUp += counted ? 1 : 0;
                }
            });
        }
        return open.size();
    }

    /** How far it is, in words. */
    String shown() {
        return (all - open.size() - givenUp) + " of " + all + " groups scored"
                + (givenUp == 0 ? "" : ", " + givenUp + " given up")
                + (open.isEmpty() ? "" : ", " + open.size() + " not scored yet");
    }

    private void requireSame(ScoredGroup group) {
        if (!group.getRecipeSha256().equals(recipeSha256)) {
            throw new ConfigException("the log has groups that another recipe named '" + recipe.name()
                    + "' rewarded, with other terms or another groupWait; give assembler.recipe.name a name that was not used yet, or"
                    + " leave it out");
        }
    }

    private static <T extends SpecificRecord> void readOn(
            LogReader<T> reader, Map<Integer, Long> read, Consumer<ConsumerRecord<String, T>> each) {
        List<OffsetRange> ranges = reader.committed().stream()
                .map(r -> new OffsetRange(
                        r.partition(),
                        Math.max(r.from(), Math.min(read.getOrDefault(r.partition(), 0L), r.until())),
                        r.until()))
                .toList();
        reader.read(ranges, each);
        ranges.forEach(r -> read.put(r.partition(), r.until()));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    @Override
    public void close() {
        groups.close();
        letters.close();
    }
}
