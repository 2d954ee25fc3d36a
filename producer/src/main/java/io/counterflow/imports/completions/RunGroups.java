package io.counterflow.imports.completions;

import io.counterflow.log.HiddenRecords;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Origin;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The groups that the log has of a run that was imported, those behind somebody's open transaction included: an import must not write twice what it
 * cannot read yet.
 *
 * @param byPrompt a prompt's groups, by their pass
 * @param hidden where something of the run was found that is not decided yet
 */
record RunGroups(Map<String, Map<Long, Group>> byPrompt, List<HiddenRecords> hidden) {

    /** Our own transactions end sooner; for others an import looks behind them. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /**
     * A group.
     *
     * @param texts of its completions, by their index
     * @param scores of its completions, by their index: scorer to value
     */
    record Group(Map<Integer, String> texts, Map<Integer, Map<String, Double>> scores) {

        Group() {
            this(new TreeMap<>(), new HashMap<>());
        }

        /** Whether it says, by scores of a preference, that the first text is better. Completions that nobody compared say nothing. */
        boolean prefers(String better, String worse) {
            for (Map.Entry<Integer, String> one : texts.entrySet()) {
                for (Map.Entry<Integer, String> other : texts.entrySet()) {
                    if (one.getValue().equals(better)
                            && other.getValue().equals(worse)
                            && isAbove(one.getKey(), other.getKey())) {
                        return true;
                    }
                }
            }
            return false;
        }

        private boolean isAbove(int one, int other) {
            Double first = scores.getOrDefault(one, Map.of()).get(CompletionLineParser.PREFERENCE);
            Double second = scores.getOrDefault(other, Map.of()).get(CompletionLineParser.PREFERENCE);
            return first != null && second != null && first > second;
        }
    }

    /** Where a completion stands. */
    private record Place(Group group, int index) {}

    /**
     * Reads them.
     *
     * @throws LogException where the run was sampled, not imported: identifiers of both would be the same
     */
    static RunGroups read(Log log, String runId) {
        Map<String, Map<Long, Group>> byPrompt = new HashMap<>();
        Map<String, Place> places = new HashMap<>();
        List<HiddenRecords> hidden = new ArrayList<>();
        all(log, Topic.COMPLETIONS, Completion.class, hidden, record -> {
            Completion completion = record.value();
            if (!completion.getRunId().equals(runId)) {
                return false;
            }
            boolean imported = completion.getOrigin() == Origin.IMPORTED
                    || completion.getPolicyVersion() == CompletionMaking.NO_POLICY;
            if (!imported) {
                throw new LogException("run " + runId + " was sampled from a policy; import under another name");
            }
            Group group = byPrompt.computeIfAbsent(completion.getPromptId(), id -> new LinkedHashMap<>())
                    .computeIfAbsent(completion.getPass(), pass -> new Group());
            group.texts().put(completion.getIndexInGroup(), completion.getText());
            places.put(completion.getCompletionId(), new Place(group, completion.getIndexInGroup()));
            return true;
        });
        all(log, Topic.SCORES, Score.class, hidden, record -> {
            Score score = record.value();
            Place place = places.get(score.getCompletionId());
            if (place != null && score.getOutcome() == Outcome.SCORED) {
                place.group()
                        .scores()
                        .computeIfAbsent(place.index(), i -> new HashMap<>())
                        .put(score.getScorer(), score.getValue());
            }
            return place != null;
        });
        return new RunGroups(byPrompt, List.copyOf(hidden));
    }

    private static <T extends SpecificRecord> void all(
            Log log,
            Topic topic,
            Class<T> type,
            List<HiddenRecords> hidden,
            Predicate<ConsumerRecord<String, T>> isOfTheRun) {
        try (LogReader<T> reader = new LogReader<>(log, log.topicName(topic), type, PATIENCE)) {
            reader.read(reader.everything(), record -> {
                var unused = isOfTheRun.test(record);
            });
            Set<Integer> found = new HashSet<>();
            reader.readHidden(record -> {
                if (isOfTheRun.test(record)) {
                    found.add(record.partition());
                }
            });
            reader.hidden().stream().filter(h -> found.contains(h.partition())).forEach(hidden::add);
        }
    }

    /** A prompt's groups, in the order that they were made. */
    List<Group> of(String promptId) {
        return List.copyOf(byPrompt.getOrDefault(promptId, Map.of()).values());
    }

    /** A pass that no group of the prompt has. */
    long freePass(String promptId) {
        return byPrompt.getOrDefault(promptId, Map.of()).keySet().stream()
                .mapToLong(pass -> pass + 1)
                .max()
                .orElse(0);
    }
}
