package io.counterflow.scorer.remote;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.Scorer;
import io.counterflow.scorer.ScorerFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * {@code command}: a process that reads one request a line and writes one outcome a line, in order, in the JSON of {@link
 * io.counterflow.scorer.exchange.JsonExchange}, and flushes after each line. The outcome repeats the request's {@code id}. The process is started
 * when first needed, and anew after it ended or wrote anything else; what it writes to standard error goes to ours.
 */
public final class CommandScorerFactory implements ScorerFactory<CommandScorerFactory.Config> {

    /**
     * Configuration.
     *
     * @param command the program and its arguments
     * @param folder where it runs
     * @param environment what is added to its environment
     */
    public record Config(
            @JsonPropertyDescription("The program and its arguments, e.g. [python3, scorer.py].")
            List<String> command,

            @JsonPropertyDescription("Folder it runs in. Default: this one.")
            Path folder,

            @JsonPropertyDescription("What is added to its environment.")
            Map<String, String> environment) {
        /** Fills in defaults. */
        public Config {
            if (command == null || command.isEmpty()) {
                throw new IllegalArgumentException(
                        "the command scorer needs a command, e.g. command: [python3, scorer.py]");
            }
            command = List.copyOf(command);
            environment = environment == null ? Map.of() : Map.copyOf(environment);
        }
    }

    /** For the service loader. */
    public CommandScorerFactory() {}

    @Override
    public String name() {
        return "command";
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public Scorer create(Config config) {
        return new CommandScorer(config);
    }
}
