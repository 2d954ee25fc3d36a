package io.counterflow.scorer.service;

import static java.util.Objects.requireNonNull;

import io.counterflow.log.Log;
import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.streams.RunningStreams;
import io.counterflow.scorer.streams.RunningStreams.Application;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scores the completions of the log, with each configured scorer in a Kafka Streams application of its own: a scorer that hangs
 * or falls behind does not hold up the others. {@link #run} may be called once; {@link #close} from any thread.
 */
public final class ScoringService implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ScoringService.class);

    private final Log log;
    private final ScoringConfig config;
    private final ScorerCatalog catalog;
    private final ScoringListener listener;
    private final RunningStreams streams = new RunningStreams();

    /** A service that finds its scorers as the configuration says. */
    public ScoringService(Log log, ScoringConfig config, ScoringListener listener) throws java.io.IOException {
        this(
                log,
                config,
                config.plugins() == null ? ScorerCatalog.onClassPath() : ScorerCatalog.with(config.plugins()),
                listener);
    }

    /** A service that finds its scorers in {@code catalog}. */
    public ScoringService(Log log, ScoringConfig config, ScorerCatalog catalog, ScoringListener listener) {
        this.log = requireNonNull(log, "log is null");
        this.config = requireNonNull(config, "config is null");
        this.catalog = requireNonNull(catalog, "catalog is null");
        this.listener = requireNonNull(listener, "listener is null");
        // A typo should be known before anything starts.
        config.scorers().forEach(scorer -> catalog.factory(scorer.kind()));
    }

    /**
     * Scores until {@link #close}.
     *
     * @throws Exception when a scorer cannot be made or an application fails
     */
    public void run() throws Exception {
        List<AsyncScorer> scorers = new ArrayList<>();
        try {
            List<Application> applications = new ArrayList<>();
            for (ScorerConfig scorer : config.scorers()) {
                AsyncScorer started = scorer.calls()
                        .start(
                                catalog.create(scorer.kind(), scorer.settings()),
                                catalog.factory(scorer.kind()).timeLimit(),
                                (duration, outcomes) -> listener.called(scorer.id(), duration, outcomes));
                scorers.add(started);
                applications.add(application(scorer, started));
            }
            log.createTopics();
            streams.run(() -> applications);
        } finally {
            for (AsyncScorer scorer : scorers) {
                scorer.close();
            }
        }
    }

    private Application application(ScorerConfig scorer, AsyncScorer started) {
        // '@' is not allowed in an application id.
        String component = "scorer-" + scorer.name() + ".v" + scorer.version();
        Properties properties = config.streams().properties(log, component);
        // How late a finished score may be noticed while no completion arrives.
        properties.putIfAbsent("poll.ms", "20");
        LOG.atInfo().addKeyValue("scorer", scorer.id()).log("scoring completions");
        return new Application(
                "scorer " + scorer.id(),
                ScoringTopology.build(log, scorer.id(), started, scorer.maxInFlight(), listener),
                properties);
    }

    /** Makes {@link #run} return after the last commit; does not wait for it. */
    @Override
    public void close() {
        streams.close();
    }
}
