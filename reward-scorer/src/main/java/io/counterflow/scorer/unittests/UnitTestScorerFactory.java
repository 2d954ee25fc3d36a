package io.counterflow.scorer.unittests;

import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.sandbox.Sandbox;
import io.counterflow.scorer.sandbox.SandboxUnavailableException;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the {@code unit-tests} scorer. */
public final class UnitTestScorerFactory implements ScorerFactory<UnitTestsConfig> {

    private static final Logger LOG = LoggerFactory.getLogger(UnitTestScorerFactory.class);

    /** For the service loader. */
    public UnitTestScorerFactory() {}

    @Override
    public String name() {
        return "unit-tests";
    }

    @Override
    public Duration timeLimit() {
        return Duration.ofMinutes(30);
    }

    @Override
    public Class<UnitTestsConfig> configuration() {
        return UnitTestsConfig.class;
    }

    @Override
    public Scorer create(UnitTestsConfig config) throws SandboxUnavailableException, IOException {
        Sandbox sandbox = Sandbox.detect(config.allowUnsandboxed());
        if (sandbox.isolates()) {
            LOG.info("unit-tests: {}", sandbox.description());
        } else {
            LOG.warn("unit-tests: {}", sandbox.description());
        }
        return new UnitTestScorer(config, sandbox);
    }
}
