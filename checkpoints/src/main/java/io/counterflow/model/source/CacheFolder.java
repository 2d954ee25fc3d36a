package io.counterflow.model.source;

import java.nio.file.Path;
import java.util.Map;

/** Where what was fetched and converted is kept: {@code COUNTERFLOW_HOME}, or else {@code .cache/counterflow} of the home folder. */
public final class CacheFolder {
    private CacheFolder() {}

    /** As the environment of this process has it; it need not exist. */
    public static Path ofEnvironment() {
        return of(System.getenv(), Path.of(System.getProperty("user.home")));
    }

    static Path of(Map<String, String> environment, Path home) {
        String own = environment.get("COUNTERFLOW_HOME");
        return own == null || own.isBlank() ? home.resolve(".cache/counterflow") : Path.of(own);
    }
}
