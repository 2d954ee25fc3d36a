package io.counterflow.producer;

import io.counterflow.log.Identifiers;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.OffsetRange;
import io.counterflow.log.RedriveHeader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Purpose;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * What a run has already sampled in one partition, as the log shows it.
 *
 * @param last the last training group, if there is any
 * @param groups training groups that were seen
 * @param recentGroups the last of them, oldest first
 * @param evaluationGroups evaluation groups that were seen
 */
record PastSamples(Optional<Mark> last, long groups, List<String> recentGroups, Set<String> evaluationGroups) {

    /** Where a group stands in the order of the prompts. */
    record Mark(long pass, long position, String promptId) {}

    /** Nothing was sampled. */
    static PastSamples none() {
        return new PastSamples(Optional.empty(), 0, List.of(), Set.of());
    }

    /**
     * How far back to look.
     *
     * @param earliest no evaluation that is still asked for is older than this, where it is known
     * @param isTheBeginning whether nothing else of the run is older either
     * @param everything whether all groups of the run must be counted
     */
    record Horizon(Optional<Instant> earliest, boolean isTheBeginning, boolean everything) {}

    /** Reads completions backwards, in growing steps, until everything of the run within the horizon is known. */
    static Map<Integer, PastSamples> read(
            Log log, Collection<Integer> partitions, String runId, long seed, int recent, Horizon horizon) {
        awaitStable(log, partitions);
        Map<Integer, PastSamples> past = new TreeMap<>();
        try (LogReader<Completion> reader = new LogReader<>(log, Topic.COMPLETIONS, Completion.class)) {
            Map<Integer, OffsetRange> ranges =
                    reader.committed().stream().collect(Collectors.toMap(OffsetRange::partition, range -> range));
            for (int partition : partitions) {
                OffsetRange all = ranges.get(partition);
                if (all == null) {
                    throw new LogException("topic " + log.topicName(Topic.COMPLETIONS) + " has no partition "
                            + partition + ", but the prompts have; it needs as many");
                }
                past.put(partition, read(reader, all, new Scan(runId, seed, recent), horizon));
            }
        }
        return past;
    }

    private static PastSamples read(LogReader<Completion> reader, OffsetRange all, Scan scan, Horizon horizon) {
        long until = all.until();
        long step = Math.max(2_000, 4L * scan.recent);
        while (until > all.from() && !scan.reaches(horizon)) {
            long from = Math.max(all.from(), until - step);
            scan.add(reader, new OffsetRange(all.partition(), from, until));
            until = from;
            step *= 2;
        }
        return scan.result();
    }

    /**
     * Waits until every transaction that wrote here is decided: until then committed records may be hidden behind an
     * undecided one of another run.
     */
    private static void awaitStable(Log log, Collection<Integer> partitions) {
        String topic = log.topicName(Topic.COMPLETIONS);
        List<TopicPartition> where =
                partitions.stream().map(p -> new TopicPartition(topic, p)).toList();
        try (Admin admin = log.admin()) {
            Map<TopicPartition, Long> written = end(admin, where, IsolationLevel.READ_UNCOMMITTED);
            while (!reached(end(admin, where, IsolationLevel.READ_COMMITTED), written)) {
                Thread.sleep(50);
            }
        } catch (ExecutionException e) {
            throw new LogException(
                    "cannot tell where " + topic + " ends: " + e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static boolean reached(Map<TopicPartition, Long> now, Map<TopicPartition, Long> wanted) {
        return wanted.entrySet().stream().allMatch(e -> now.get(e.getKey()) >= e.getValue());
    }

    private static Map<TopicPartition, Long> end(Admin admin, List<TopicPartition> where, IsolationLevel isolation)
            throws ExecutionException, InterruptedException {
        return admin
                .listOffsets(
                        where.stream().collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest())),
                        new ListOffsetsOptions(isolation))
                .all()
                .get()
                .entrySet()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
    }

    /** What was found so far, going backwards. */
    private static final class Scan {
        private final String runId;
        private final long seed;
        private final int recent;
        private final Set<String> evaluationGroups = new HashSet<>();
        private final List<String> trainingGroups = new ArrayList<>();
        private Mark last;
        private Instant oldest;

        Scan(String runId, long seed, int recent) {
            this.runId = runId;
            this.seed = seed;
            this.recent = recent;
        }

        boolean reaches(Horizon horizon) {
            if (oldest == null) {
                return false;
            }
            if (horizon.earliest().isPresent()) {
                boolean reached = oldest.isBefore(horizon.earliest().get());
                return reached && (horizon.isTheBeginning() || last != null && !horizon.everything());
            }
            return last != null && !horizon.everything();
        }

        void add(LogReader<Completion> reader, OffsetRange range) {
            LinkedHashSet<String> found = new LinkedHashSet<>();
            Completion[] newest = new Completion[1];
            Instant[] first = new Instant[1];
            reader.read(List.of(range), (ConsumerRecord<String, Completion> record) -> {
                if (first[0] == null) {
                    first[0] = Instant.ofEpochMilli(record.timestamp());
                }
                Completion completion = record.value();
                boolean redriven = RedriveHeader.component(record.headers()).isPresent();
                if (redriven || !completion.getRunId().equals(runId)) {
                    return;
                }
                if (completion.getPurpose() == Purpose.EVALUATION) {
                    evaluationGroups.add(completion.getGroupId());
                } else {
                    found.add(completion.getGroupId());
                    newest[0] = completion;
                }
            });
            // Steps backwards may cut a group in two.
            if (!trainingGroups.isEmpty()) {
                found.remove(trainingGroups.get(0));
            }
            trainingGroups.addAll(0, found);
            oldest = first[0] == null ? oldest : first[0];
            if (last == null && newest[0] != null) {
                requireSeed(newest[0]);
                last = new Mark(newest[0].getPass(), newest[0].getPosition(), newest[0].getPromptId());
            }
        }

        private void requireSeed(Completion completion) {
            long expected = Identifiers.sampleSeed(seed, completion.getCompletionId());
            // A server takes 31 bits of a seed, and the record has what it was sent.
            if (((completion.getSampling().getSeed() ^ expected) & Integer.MAX_VALUE) != 0) {
                throw new LogException("run " + runId + " was sampled with another producer.seed than " + seed
                        + "; go on with the seed it had, or start a new run");
            }
        }

        PastSamples result() {
            int from = Math.max(0, trainingGroups.size() - recent);
            return new PastSamples(
                    Optional.ofNullable(last),
                    trainingGroups.size(),
                    List.copyOf(trainingGroups.subList(from, trainingGroups.size())),
                    Set.copyOf(evaluationGroups));
        }
    }
}
