package io.counterflow.scorer.rescore;

import io.counterflow.log.Log;
import io.counterflow.log.LogPosition;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.ClosedBy;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.AsyncScorer.Timed;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.assembler.GroupMaker;
import io.counterflow.scorer.recipe.RunningStatistics;
import io.counterflow.scorer.rescore.RescorePlan.PlannedGroup;
import io.counterflow.scorer.service.CompletionRequests;
import io.counterflow.scorer.service.ScoreRecords;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serializer;

/** The groups of one transaction: reads what the log has of them, has the rest scored, and says what is to be written. */
final class RescoreChunk {

    private record Call(
            ConsumerRecord<String, Completion> completion, ScorerId scorer, CompletableFuture<Timed> future) {}

    private final Log log;
    private final GroupMaker maker;
    private final Set<ScorerId> awaited;
    private final String topic;
    private final InstantSource clock;
    private final Map<LogPosition, ConsumerRecord<String, Completion>> completions = new HashMap<>();
    private final Map<LogPosition, Score> reused = new HashMap<>();
    private final Map<String, Map<ScorerId, Score>> outcomes = new HashMap<>();
    private final List<ProducerRecord<String, SpecificRecord>> records = new ArrayList<>();
    private final TreeMap<ScorerId, Long> computed = new TreeMap<>();
    private final TreeMap<ScorerId, Long> failed = new TreeMap<>();
    private final Map<String, Long> causes = new HashMap<>();
    private long made;
    private long givenUp;

    /**
     * Begins a chunk.
     *
     * @param topic where groups go, with the log's prefix
     */
    RescoreChunk(Log log, GroupMaker maker, Set<ScorerId> awaited, String topic, InstantSource clock) {
        this.log = log;
        this.maker = maker;
        this.awaited = awaited;
        this.topic = topic;
        this.clock = clock;
    }

    /** Reads the completions of the groups, and the scores there are. */
    void read(List<PlannedGroup> groups, LogReader<Completion> completionReader, LogReader<Score> scoreReader) {
        List<LogPosition> wanted =
                groups.stream().flatMap(g -> g.completions().stream()).toList();
        List<ConsumerRecord<String, Completion>> found = completionReader.at(wanted);
        for (int i = 0; i < wanted.size(); i++) {
            completions.put(wanted.get(i), found.get(i));
        }
        List<LogPosition> scored = groups.stream()
                .flatMap(g -> g.scores().stream())
                .map(Map::values)
                .flatMap(Collection::stream)
                .toList();
        List<ConsumerRecord<String, Score>> scores = scored.isEmpty() ? List.of() : scoreReader.at(scored);
        for (int i = 0; i < scored.size(); i++) {
            reused.put(scored.get(i), scores.get(i).value());
        }
    }

    /**
     * Has the missing scores made, all at the same time.
     *
     * @param scorers a started scorer for every one whose score is missing
     * @throws ExecutionException when a scorer was closed, or failed in a way that is no outcome
     */
    void score(List<PlannedGroup> groups, Map<ScorerId, AsyncScorer> scorers)
            throws InterruptedException, ExecutionException {
        List<Call> calls = new ArrayList<>();
        for (PlannedGroup group : groups) {
            for (int i = 0; i < group.completions().size(); i++) {
                ConsumerRecord<String, Completion> completion =
                        completions.get(group.completions().get(i));
                Map<ScorerId, LogPosition> there = group.scores().get(i);
                Map<ScorerId, Score> known =
                        outcomes.computeIfAbsent(completion.value().getCompletionId(), id -> new HashMap<>());
                there.forEach((scorer, position) -> known.put(scorer, reused.get(position)));
                for (ScorerId scorer : awaited) {
                    if (!there.containsKey(scorer)) {
                        calls.add(new Call(
                                completion,
                                scorer,
                                scorers.get(scorer).score(CompletionRequests.of(completion.value()))));
                    }
                }
            }
        }
        for (Call call : calls) {
            take(call, call.future.get());
        }
    }

    private void take(Call call, Timed result) {
        Completion completion = call.completion.value();
        Score score = ScoreRecords.score(completion, call.scorer, result, clock.instant());
        outcomes.get(completion.getCompletionId()).put(call.scorer, score);
        add(Topic.SCORES, call.completion.partition(), score.getPromptId(), score);
        if (score.getOutcome() == Outcome.SCORED) {
            computed.merge(call.scorer, 1L, Long::sum);
            return;
        }
        failed.merge(call.scorer, 1L, Long::sum);
        Serializer<Completion> serializer = log.serializer();
        add(
                Topic.DEAD_LETTERS,
                null,
                completion.getPromptId(),
                ScoreRecords.deadLetter(
                        call.scorer,
                        call.completion.topic(),
                        call.completion.partition(),
                        call.completion.offset(),
                        call.completion.key(),
                        serializer.serialize(call.completion.topic(), completion),
                        ScoreRecords.cause(score),
                        score.getScoredAt()));
    }

    /**
     * Makes the groups.
     *
     * @param statistics running statistics by partition; those of the groups made here are added
     */
    void make(List<PlannedGroup> groups, Map<Integer, Map<ScorerId, RunningStatistics>> statistics) {
        for (PlannedGroup planned : groups) {
            int partition = planned.completions().get(0).partition();
            ScoredGroup group = maker.make(
                    planned.completions().stream()
                            .map(position -> completions.get(position).value())
                            .toList(),
                    outcomes,
                    planned.complete() ? ClosedBy.COMPLETE : ClosedBy.TIME_LIMIT,
                    clock.instant(),
                    statistics.getOrDefault(partition, Map.of()));
            if (!maker.isUseful(group)) {
                givenUp++;
                group.getMissing().forEach(missing -> causes.merge(missing.getCause(), 1L, Long::sum));
                continue;
            }
            made++;
            records.add(new ProducerRecord<>(topic, partition, group.getPromptId(), group));
            if (group.getPurpose() == Purpose.TRAINING) {
                Map<ScorerId, RunningStatistics> after = new HashMap<>(statistics.getOrDefault(partition, Map.of()));
                after.putAll(RunningStatistics.of(group));
                statistics.put(partition, after);
            }
        }
    }

    private void add(Topic to, Integer partition, String key, SpecificRecord value) {
        records.add(new ProducerRecord<>(log.topicName(to), partition, key, value));
    }

    /** What is to be written, scores before the groups that are made of them. */
    List<ProducerRecord<String, SpecificRecord>> records() {
        return List.copyOf(records);
    }

    /** What was done. */
    RescoreSummary summary() {
        return new RescoreSummary(made, givenUp, reused.size(), computed, failed, causes);
    }
}
