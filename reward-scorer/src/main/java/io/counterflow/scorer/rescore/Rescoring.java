package io.counterflow.scorer.rescore;

import static java.util.Objects.requireNonNull;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.assembler.GroupMaker;
import io.counterflow.scorer.recipe.RunningStatistics;
import io.counterflow.scorer.rescore.RescorePlan.PlannedGroup;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;

/**
 * Makes the groups of a run again, after another recipe. The scores and groups of a chunk are written in one transaction, so a
 * rescoring that is killed goes on where it was when it is started again, and none of its groups or scores is in the log twice.
 * Of two at the same time for the same run and recipe, the one that began first fails. Used by one thread, once.
 */
public final class Rescoring {

    private final Log log;
    private final RescoreRequest request;
    private final ScorerSource source;
    private final InstantSource clock;
    private final RescoreListener listener;
    private final GroupMaker maker;
    private final String topic;
    private final Map<ScorerId, AsyncScorer> scorers = new HashMap<>();

    /** A rescoring with the scorers of {@code source}, which are started when a score of theirs is missing. */
    public Rescoring(
            Log log, RescoreRequest request, ScorerSource source, InstantSource clock, RescoreListener listener) {
        this.log = requireNonNull(log, "log is null");
        this.request = requireNonNull(request, "request is null");
        this.source = requireNonNull(source, "source is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.listener = requireNonNull(listener, "listener is null");
        this.maker = new GroupMaker(request.recipe());
        this.topic = log.config().topicPrefix() + request.topic();
    }

    /** The topic that the groups go to, with the log's prefix. */
    public String topic() {
        return topic;
    }

    /**
     * What there is to do; writes nothing.
     *
     * @throws LogException when the log has nothing of the run, or the topic has its groups by another recipe
     */
    public RescorePlan plan() {
        log.createTopics();
        return new RescorePlanner(log, request, clock.instant()).plan(topic);
    }

    /**
     * Does what there is to do.
     *
     * @throws LogException as {@link #plan}, and when another rescoring took over
     * @throws Exception when a scorer cannot be made
     */
    public RescoreSummary run() throws Exception {
        log.createTopics();
        log.createGroupsTopic(topic);
        String transactionalId = log.config().topicPrefix() + "rescore-" + request.topic() + "-" + request.runId();
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of("transactional.id", transactionalId))) {
            // Before anything is read: ends what a killed rescoring left open, and keeps another from committing.
            producer.initTransactions();
            RescorePlan plan = plan();
            for (ScorerId id : plan.missing().keySet()) {
                scorers.put(id, source.start(id));
            }
            return run(plan, producer);
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            throw new LogException(
                    "another rescoring of run " + request.runId() + " into " + topic + " has taken over", e);
        } catch (KafkaException e) {
            throw new LogException(
                    "rescoring stopped: " + e.getMessage() + "; start it again, it goes on where it was", e);
        } finally {
            for (AsyncScorer scorer : scorers.values()) {
                scorer.close();
            }
        }
    }

    private RescoreSummary run(RescorePlan plan, Producer<String, SpecificRecord> producer) throws Exception {
        Map<Integer, Map<ScorerId, RunningStatistics>> statistics = new HashMap<>(plan.statistics());
        RescoreSummary summary = RescoreSummary.nothing();
        List<PlannedGroup> groups = plan.groups();
        try (LogReader<Completion> completions = new LogReader<>(log, Topic.COMPLETIONS, Completion.class);
                LogReader<Score> scores = new LogReader<>(log, Topic.SCORES, Score.class)) {
            for (int from = 0; from < groups.size(); from += request.chunk()) {
                List<PlannedGroup> chunk = groups.subList(from, Math.min(groups.size(), from + request.chunk()));
                RescoreChunk work =
                        new RescoreChunk(log, maker, request.recipe().awaited(), topic, clock);
                work.read(chunk, completions, scores);
                work.score(chunk, scorers);
                work.make(chunk, statistics);
                producer.beginTransaction();
                for (ProducerRecord<String, SpecificRecord> record : work.records()) {
                    var unused = producer.send(record); // the transaction fails with it
                }
                summary = summary.plus(work.summary());
                producer.commitTransaction();
                listener.committed(from + chunk.size(), summary);
            }
        }
        return summary;
    }
}
