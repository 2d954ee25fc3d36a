package io.counterflow.scorer.remote;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * {@code command}: a process that reads one request a line and writes one outcome a line, in order, in the JSON of {@link
 * io.counterflow.scorer.exchange.JsonExchange}, and flushes after each line. The outcome repeats the request's {@code id}. The process is started
 * when first needed, and anew after it ended or wrote anything else; what it writes to standard error goes to ours.
 */
public final class CommandScorerFactory implements ScorerFactory<CommandScorerFactory.Config> {

    /** What an interpreter is given to read. */
    private static final Pattern SCRIPT = Pattern.compile("[^-].*\\.(py|sh|js|mjs|pl|rb|jar)");

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
    public void check(Config config) {
        Path folder = config.folder == null ? Path.of("") : config.folder;
        if (!Files.isDirectory(folder.toAbsolutePath())) {
            throw new IllegalArgumentException("folder " + folder + " is none");
        }
        String program = config.command.get(0);
        boolean there = program.contains("/")
                ? Files.isExecutable(Path.of(program)) || Files.isExecutable(folder.resolve(program))
                : onPath(program, config.environment.getOrDefault("PATH", System.getenv("PATH")));
        if (!there) {
            throw new IllegalArgumentException("command " + config.command + ": there is no program " + program
                    + (program.contains("/") ? " that may be executed" : " on the PATH"));
        }
        if (config.command.size() > 1 && SCRIPT.matcher(config.command.get(1)).matches()) {
            Path script = folder.resolve(config.command.get(1));
            if (!Files.isReadable(script)) {
                throw new IllegalArgumentException("command " + config.command + ": there is no file " + script);
            }
        }
    }

    private static boolean onPath(String program, String path) {
        return path == null
                || Arrays.stream(path.split(File.pathSeparator))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    @Override
    public Scorer create(Config config) {
        return new CommandScorer(config);
    }
}
