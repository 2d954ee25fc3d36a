package io.counterflow.scorer.service;

import static java.util.Objects.requireNonNull;

import io.counterflow.log.Log;
import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.streams.RunningStreams;
import io.counterflow.scorer.streams.RunningStreams.Application;
import io.counterflow.scorer.streams.StoreTopics;
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
    private final List<AsyncScorer> made = new ArrayList<>();
    private final RunningStreams streams = new RunningStreams();

    /** A service that finds its scorers as the configuration says. */
    public ScoringService(Log log, ScoringConfig config, ScoringListener listener) throws java.io.IOException {
        this(log, config, ScorerCatalog.of(config.plugins()), listener);
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
     * Makes the scorers, so that one that cannot work is known before anything waits for it; {@link #run} does so otherwise. Whoever calls this
     * calls {@link #run}, too.
     *
     * @throws Exception when a scorer cannot be made; none is left then
     */
    public void makeScorers() throws Exception {
        try {
            for (ScorerConfig scorer : config.scorers()) {
                made.add(scorer.calls()
                        .start(
                                catalog.create(scorer.kind(), scorer.settings()),
                                catalog.factory(scorer.kind()).timeLimit(),
                                (duration, outcomes) -> listener.called(scorer.id(), duration, outcomes)));
            }
        } catch (Exception | Error e) {
            closeScorers();
            throw e;
        }
    }

    private void closeScorers() throws Exception {
        for (AsyncScorer scorer : made) {
            scorer.close();
        }
        made.clear();
    }

    /**
     * Scores until {@link #close}.
     *
     * @throws Exception when a scorer cannot be made or an application fails
     */
    public void run() throws Exception {
        if (made.isEmpty()) {
            makeScorers();
        }
        try {
            List<Application> applications = new ArrayList<>();
            for (int i = 0; i < made.size(); i++) {
                applications.add(application(config.scorers().get(i), made.get(i)));
            }
            log.createTopics();
            for (ScorerConfig scorer : config.scorers()) {
                StoreTopics.widen(log, config.streams().applicationId(log, component(scorer)));
            }
            streams.run(() -> applications);
        } finally {
            closeScorers();
        }
    }

    private Application application(ScorerConfig scorer, AsyncScorer started) {
        Properties properties = config.streams().properties(log, component(scorer));
        // How late a finished score may be noticed while no completion arrives.
        properties.putIfAbsent("poll.ms", "20");
        LOG.atInfo().addKeyValue("scorer", scorer.id()).log("scoring completions");
        return new Application(
                "scorer " + scorer.id(),
                ScoringTopology.build(log, scorer.id(), started, scorer.maxInFlight(), listener),
                properties);
    }

    private static String component(ScorerConfig scorer) {
        // '@' is not allowed in an application id.
        return "scorer-" + scorer.name() + ".v" + scorer.version();
    }

    /** Makes {@link #run} return after the last commit; does not wait for it. */
    @Override
    public void close() {
        streams.close();
    }
}
