package io.counterflow.cli.model;

import io.counterflow.model.source.WeightsGuard;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** The checkpoint that a command works on, by path or by a name that is fetched. */
final class CheckpointArgument {

    static final String DESCRIPTION =
            "A folder in the Hugging Face layout, hf:org/name or hf:org/name@revision, stories15m (a language model) or"
                    + " minilm (an encoder).";

    @Parameters(index = "0", paramLabel = "MODEL", description = DESCRIPTION)
    private String name;

    /** Its folder; what is not here is fetched, with progress on the standard error. */
    Path folder() {
        return folder(name);
    }

    /** The same, with a look at it before its weights are fetched. */
    Path folder(WeightsGuard guard) {
        return NamedCheckpoints.find(name, guard);
    }

    static Path folder(String name) {
        return NamedCheckpoints.find(name);
    }

    /** As it was given. */
    String name() {
        return name;
    }
}
