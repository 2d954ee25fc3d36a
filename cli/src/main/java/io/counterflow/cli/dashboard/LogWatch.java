package io.counterflow.cli.dashboard;

import io.counterflow.cli.dashboard.LogState.RunDetail;
import io.counterflow.cli.dashboard.LogState.RunState;
import io.counterflow.cli.dashboard.LogState.Waiting;
import io.counterflow.cli.report.GivenUpGroups;
import io.counterflow.log.Backlog;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.schemas.TrainingStep;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows the log on a thread of its own. Its answers may be asked for from any thread. */
public final class LogWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LogWatch.class);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration LAG_EVERY = Duration.ofSeconds(5);

    private final Log log;
    private final InstantSource clock;
    private final Map<String, RunHistory> runs = new TreeMap<>();
    private final SortedMap<String, Long> deadLetters = new TreeMap<>();
    private final SortedMap<String, Long> records = new TreeMap<>();
    private final GivenUpGroups givenUp;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = new Thread(this::follow, "dashboard-log");
    private List<Waiting> waiting = List.of();
    private String failure;
    private boolean caughtUp;

    /** @param log stays the caller's */
    public LogWatch(Log log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
        this.givenUp = new GivenUpGroups(log);
        thread.setDaemon(true);
        thread.start();
    }

    private void follow() {
        boolean stopped = false;
        while (!stopped) {
            try (LogTail<TrainingStep> steps =
                            new LogTail<>(log, log.topicName(Topic.TRAINING_STEPS), TrainingStep.class, this::add);
                    LogTail<ScoredGroup> groups = new LogTail<>(
                            log, log.topicName(Topic.SCORED_GROUPS), ScoredGroup.class, record -> run(record.value()
                                            .getRunId())
                                    .add(record.value()));
                    LogTail<Completion> completions = new LogTail<>(
                            log, log.topicName(Topic.COMPLETIONS), Completion.class, record -> run(record.value()
                                            .getRunId())
                                    .add(record.value()));
                    LogTail<DeadLetter> letters = LogTail.ofLetters(log, log.topicName(Topic.DEAD_LETTERS), this::add);
                    Backlog backlog = new Backlog(log);
                    Admin admin = log.admin()) {
                startOver();
                follow(List.of(steps, groups, completions, letters), backlog, admin);
                stopped = true;
            } catch (KafkaException | LogException e) {
                LOG.warn("the log cannot be read; trying again", e);
                failed(e.getMessage());
                stopped = await(PAUSE.multipliedBy(4));
            }
        }
    }

    private void follow(List<LogTail<?>> tails, Backlog backlog, Admin admin) {
        long lagAt = 0;
        while (stop.getCount() > 0) {
            int read = 0;
            for (LogTail<?> tail : tails) {
                read += take(tail);
            }
            if (read == 0) {
                synchronized (this) {
                    caughtUp = true;
                    failure = null;
                }
                if (clock.millis() - lagAt >= LAG_EVERY.toMillis()) {
                    List<Waiting> now = lag(backlog, admin);
                    synchronized (this) {
                        waiting = now;
                    }
                    lagAt = clock.millis();
                }
                await(PAUSE);
            }
        }
    }

    /** A page sees the records of a poll all or none, and never waits for one. */
    private <T extends SpecificRecord> int take(LogTail<T> tail) {
        List<ConsumerRecord<String, T>> fetched = tail.fetch();
        synchronized (this) {
            tail.take(fetched);
            records.merge(tail.topic(), (long) fetched.size(), Long::sum);
        }
        return fetched.size();
    }

    private synchronized void startOver() {
        runs.clear();
        deadLetters.clear();
        records.clear();
    }

    private synchronized void failed(String cause) {
        failure = cause;
    }

    private RunHistory run(String runId) {
        return runs.computeIfAbsent(runId, RunHistory::new);
    }

    private void add(ConsumerRecord<String, TrainingStep> record) {
        run(record.value().getRunId()).add(record);
    }

    private void add(DeadLetter letter) {
        givenUp.of(letter).ifPresent(group -> run(group.getRunId()).addGivenUp(group));
        deadLetters.merge(
                letter.getComponent() + ": "
                        + letter.getCause().lines().findFirst().orElse("").replaceAll("[0-9]+", "#"),
                1L,
                Long::sum);
    }

    /** What waits for the groups that scorers, assemblers and others commit under; those of other programs are left out. */
    private List<Waiting> lag(Backlog backlog, Admin admin) {
        String prefix = log.config().topicPrefix();
        List<Waiting> lag = new ArrayList<>();
        try {
            for (GroupListing group : admin.listGroups().valid().get()) {
                admin.listConsumerGroupOffsets(group.groupId()).partitionsToOffsetAndMetadata().get().keySet().stream()
                        .map(partition -> partition.topic())
                        .distinct()
                        .filter(topic -> topic.equals(prefix + Topic.COMPLETIONS.topicName())
                                || topic.equals(prefix + Topic.SCORES.topicName()))
                        .forEach(topic ->
                                lag.add(new Waiting(group.groupId(), topic, backlog.waiting(group.groupId(), topic))));
            }
        } catch (ExecutionException e) {
            throw new LogException(
                    "the consumer groups cannot be listed: " + e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        lag.sort(Comparator.comparing(Waiting::group).thenComparing(Waiting::topic));
        return lag;
    }

    private boolean await(Duration time) {
        try {
            return stop.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** What the log holds now. */
    synchronized LogState state() {
        List<RunState> states = runs.values().stream()
                .filter(RunHistory::trained)
                .map(RunHistory::state)
                .sorted(Comparator.comparing(RunState::startedAt).reversed())
                .toList();
        return new LogState(
                clock.instant(),
                new TreeMap<>(records),
                waiting,
                new TreeMap<>(deadLetters),
                states,
                failure != null ? failure : caughtUp ? null : "reading the log from its beginning");
    }

    /** One run's curves and newest completions. */
    synchronized Optional<RunDetail> detail(String runId) {
        return Optional.ofNullable(runs.get(runId)).map(RunHistory::detail);
    }

    @Override
    public void close() {
        stop.countDown();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
