package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.time.Duration;
import java.util.Map;

/** Configurations as they are written, with all that is not named at its default. */
final class UnitTestsConfigs {

    private UnitTestsConfigs() {}

    static UnitTestsConfig of(Map<String, Object> settings) {
        return new ObjectMapper().registerModule(new JavaTimeModule()).convertValue(settings, UnitTestsConfig.class);
    }

    static UnitTestsConfig testLimit(Duration limit) {
        return of(Map.of("testLimit", limit.toString(), "allowUnsandboxed", true));
    }
}
