package io.counterflow.cli.metrics;

import io.counterflow.producer.ProducerListener;
import io.counterflow.producer.gateway.GatewayListener;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.assembler.AssemblerListener;
import io.counterflow.scorer.service.ScoringListener;
import io.counterflow.trainer.metrics.MeterRecorder;
import io.counterflow.trainer.metrics.StepRecorder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Listeners that count what the services do, each in front of another listener. Names begin with {@code counterflow.} and the service; see
 * docs/operations.md. Thread-safe, as the services call from threads of their own.
 */
public final class ServiceMeters {

    private final MeterRegistry registry;

    public ServiceMeters(MeterRegistry registry) {
        this.registry = Objects.requireNonNull(registry, "registry");
    }

    /** Counts what a run's producer publishes. */
    public ProducerListener producer(String runId, ProducerListener next) {
        return new ProducerMeters(Tags.of("run", runId), next);
    }

    /** Counts scores by scorer, version and outcome, and times them and the calls that they were made in. */
    public ScoringListener scoring(ScoringListener next) {
        return new ScoringListener() {
            @Override
            public void scored(Score score) {
                Tags scorer = Tags.of("scorer", score.getScorer(), "version", score.getScorerVersion());
                registry.counter("counterflow.scorer.scores", scorer.and("outcome", outcome(score)))
                        .increment();
                registry.timer("counterflow.scorer.duration", scorer)
                        .record(Duration.of(score.getDurationMicros(), TimeUnit.MICROSECONDS.toChronoUnit()));
                next.scored(score);
            }

            @Override
            public void called(ScorerId id, Duration duration, List<ScoreOutcome> outcomes) {
                Tags scorer = Tags.of("scorer", id.name(), "version", id.version());
                registry.timer("counterflow.scorer.call.duration", scorer).record(duration);
                registry.summary("counterflow.scorer.call.batch", scorer).record(outcomes.size());
                next.called(id, duration, outcomes);
            }
        };
    }

    private static String outcome(Score score) {
        return score.getOutcome().name().toLowerCase(Locale.ROOT);
    }

    /** Counts the groups that are closed or given up. */
    public AssemblerListener assembler(AssemblerListener next) {
        return new AssemblerMeters(next);
    }

    /** Counts the gateway's answers by path and status. */
    public GatewayListener gateway(GatewayListener next) {
        return (path, status) -> {
            registry.counter("counterflow.gateway.requests", Tags.of("path", path, "status", String.valueOf(status)))
                    .increment();
            next.answered(path, status);
        };
    }

    /** Has every step's numbers. */
    public StepRecorder trainer(String runId) {
        return new MeterRecorder(registry, runId);
    }

    private final class ProducerMeters implements ProducerListener {
        private final Tags run;
        private final ProducerListener next;
        private final AtomicLong version = new AtomicLong();
        private final AtomicLong waiting = new AtomicLong();

        private ProducerMeters(Tags run, ProducerListener next) {
            this.run = run;
            this.next = next;
            registry.gauge("counterflow.producer.policy.version", run, version);
            registry.gauge("counterflow.producer.paused.for.groups", run, waiting);
        }

        @Override
        public void policyLoaded(PolicyVersion policy) {
            version.set(policy.getVersion());
            next.policyLoaded(policy);
        }

        @Override
        public void groupsPublished(Purpose purpose, int groups, int completions, long policyVersion) {
            Tags tags = run.and("purpose", purpose.name().toLowerCase(Locale.ROOT));
            registry.counter("counterflow.producer.groups", tags).increment(groups);
            registry.counter("counterflow.producer.completions", tags).increment(completions);
            if (purpose == Purpose.TRAINING) {
                waiting.set(0);
            }
            next.groupsPublished(purpose, groups, completions, policyVersion);
        }

        @Override
        public void paused(long waitingGroups) {
            waiting.set(waitingGroups);
            registry.counter("counterflow.producer.pauses", run).increment();
            next.paused(waitingGroups);
        }

        @Override
        public void promptRefused(String promptId, String cause) {
            registry.counter("counterflow.producer.prompts.refused", run).increment();
            next.promptRefused(promptId, cause);
        }

        @Override
        public void tokenIdsEncoded(int completions) {
            registry.counter("counterflow.producer.completions.encoded", run).increment(completions);
            next.tokenIdsEncoded(completions);
        }
    }

    private final class AssemblerMeters implements AssemblerListener {
        private final AssemblerListener next;

        private AssemblerMeters(AssemblerListener next) {
            this.next = next;
        }

        @Override
        public void closed(ScoredGroup group) {
            count("counterflow.assembler.groups", group);
            next.closed(group);
        }

        @Override
        public void givenUp(ScoredGroup group, String cause) {
            count("counterflow.assembler.groups.given.up", group);
            next.givenUp(group, cause);
        }

        private void count(String name, ScoredGroup group) {
            Tags tags = Tags.of(
                    "recipe",
                    group.getRecipe(),
                    "purpose",
                    group.getPurpose().name().toLowerCase(Locale.ROOT));
            registry.counter(name, tags).increment();
            registry.counter("counterflow.assembler.completions.missing", tags)
                    .increment(group.getMissing().size());
        }
    }
}
