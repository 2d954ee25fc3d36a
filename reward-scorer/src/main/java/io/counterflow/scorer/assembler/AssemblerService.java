package io.counterflow.scorer.assembler;

import static java.util.Objects.requireNonNull;

import io.counterflow.log.Log;
import io.counterflow.scorer.streams.RunningStreams;
import io.counterflow.scorer.streams.RunningStreams.Application;
import io.counterflow.scorer.streams.StoreTopics;
import java.util.List;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes scored groups from completions and scores, as one recipe says. {@link #run} may be called once; {@link #close} from any thread. */
public final class AssemblerService implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AssemblerService.class);

    private final Log log;
    private final AssemblerConfig config;
    private final AssemblerListener listener;
    private final RunningStreams streams = new RunningStreams();

    /** An assembler of the log's groups. */
    public AssemblerService(Log log, AssemblerConfig config, AssemblerListener listener) {
        this.log = requireNonNull(log, "log is null");
        this.config = requireNonNull(config, "config is null");
        this.listener = requireNonNull(listener, "listener is null");
    }

    /**
     * Assembles until {@link #close}.
     *
     * @throws Exception when the application fails
     */
    public void run() throws Exception {
        log.createTopics();
        log.createGroupsTopic(log.config().topicPrefix() + config.topic());
        String component = "assembler-" + config.recipe().name();
        StoreTopics.widen(log, config.streams().applicationId(log, component));
        Properties properties = config.streams().properties(log, component);
        LOG.atInfo()
                .addKeyValue("recipe", config.recipe().name())
                .addKeyValue("sha256", config.recipe().sha256())
                .log("assembling groups");
        streams.run(() ->
                List.of(new Application(component, new AssemblerTopology(log, config, listener).build(), properties)));
    }

    /** Makes {@link #run} return after the last commit; does not wait for it. */
    @Override
    public void close() {
        streams.close();
    }
}
